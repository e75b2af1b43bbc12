//! Panels.

use super::kept;

#[test]
fn panels_have_kinds_and_titles() {
    kept("{panel}\na\n{panel}", "> [!PANEL]\n> a");
    kept(
        "{panel:title=T|bgColor=#DEEBFF|borderStyle=dashed}\na\n{panel}",
        "> [!INFO] T\n> a",
    );
    kept(
        "{quote}\n{panel:title=T}\na\n{panel}\n{quote}",
        "> > [!PANEL] T\n> > a",
    );
}
