//! Variables and placeholders of templates.

use super::{edited, kept};

#[test]
fn templates_keep_their_variables() {
    let page = "<at:declarations><at:string at:name=\"owner\" /><at:list at:name=\"state\"><at:option at:value=\"open\" /></at:list></at:declarations><p>By <at:var at:name=\"owner\" /> soon</p>";
    kept(page, "⟦at-declarations⟧\n\nBy ⟦variable owner⟧ soon");
    edited(page, ("soon", "now"), ("soon", "now"));
    let hint = "<p><ac:placeholder ac:type=\"mention\">Who?</ac:placeholder> decides</p>";
    kept(hint, "⟦placeholder …⟧Who?⟦end⟧ decides");
    edited(hint, ("decides", "asks"), ("decides", "asks"));
}
