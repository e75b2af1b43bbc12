//! Writes `multipart/form-data` (RFC 7578) from parts. The boundary and the part headers are the
//! host's alone: a name that could break out of its quotes is refused, not escaped, since
//! clients and servers never agreed on how to escape it.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::ask::Part;

const MOST_PARTS: usize = 32;
const LONGEST_NAME: usize = 255;

/// The body and its content type.
pub(crate) fn build(parts: &[Part]) -> Result<(Bytes, String), String> {
    if parts.is_empty() || parts.len() > MOST_PARTS {
        return Err(format!("a body has 1 to {MOST_PARTS} parts"));
    }
    let boundary = boundary(parts);
    let mut body = Vec::new();
    for part in parts {
        let head = head(part)?;
        body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n").as_bytes());
        body.extend_from_slice(&part.data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((
        body.into(),
        format!("multipart/form-data; boundary={boundary}"),
    ))
}

/// A hash of everything between the boundaries: nobody can write data that holds it.
fn boundary(parts: &[Part]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.data.len() as u64).to_le_bytes());
        hash.update(&part.data);
    }
    let digest = hash.finalize();
    let hex: String = digest
        .iter()
        .take(20)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("airlock-{hex}")
}

fn head(part: &Part) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if part.name.is_empty() || part.name.len() > LONGEST_NAME || !part.name.bytes().all(plain) {
        return Err("the name of a part has letters, digits, `_`, `-` and `.` only".into());
    }
    let mut head = format!("content-disposition: form-data; name=\"{}\"", part.name);
    if let Some(file_name) = &part.file_name {
        let odd = |c: char| c.is_control() || matches!(c, '"' | '\\' | '/');
        if file_name.is_empty() || file_name.len() > LONGEST_NAME || file_name.contains(odd) {
            return Err(
                "a file name has 1 to 255 bytes without quotes, slashes and control characters"
                    .into(),
            );
        }
        head.push_str(&format!("; filename=\"{file_name}\""));
    }
    head.push_str("\r\n");
    if let Some(media_type) = &part.media_type {
        if !is_media_type(media_type) {
            return Err("the media type of a part is `type/subtype`".into());
        }
        head.push_str(&format!("content-type: {media_type}\r\n"));
    }
    Ok(head)
}

fn is_media_type(text: &str) -> bool {
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.len() <= LONGEST_NAME
        && text
            .split_once('/')
            .is_some_and(|(kind, sub)| token(kind) && token(sub))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, file_name: &str, media_type: &str) -> Part {
        Part {
            name: name.into(),
            file_name: Some(file_name.into()),
            media_type: Some(media_type.into()),
            data: Bytes::from_static(b"z"),
        }
    }

    #[test]
    fn parts_are_written_one_after_another() {
        let comment = Part {
            name: "minorEdit".into(),
            file_name: None,
            media_type: None,
            data: Bytes::from_static(b"true"),
        };
        let (body, content_type) = build(&[file("file", "réport.pdf", "application/pdf"), comment])
            .expect("both are fine");
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .expect("the host's own type");
        let text = String::from_utf8(body.to_vec())
            .expect("all text here")
            .replace(boundary, "BOUNDARY")
            .replace("\r\n", "\n");
        insta::assert_snapshot!(text, @r#"
        --BOUNDARY
        content-disposition: form-data; name="file"; filename="réport.pdf"
        content-type: application/pdf

        z
        --BOUNDARY
        content-disposition: form-data; name="minorEdit"

        true
        --BOUNDARY--
        "#);
    }

    #[test]
    fn a_name_that_could_break_out_is_refused() {
        for part in [
            file("", "a", "a/b"),
            file("fi\"le", "a", "a/b"),
            file("file\r\nx: y", "a", "a/b"),
            file("file", "", "a/b"),
            file("file", "../../a\"\r\nX: y", "a/b"),
            file("file", "a\"", "a/b"),
            file("file", "a\\", "a/b"),
            file("file", "a/b", "a/b"),
            file("file", "a\u{85}", "a/b"),
            file("file", &"a".repeat(256), "a/b"),
            file("file", "a", "text"),
            file("file", "a", "text/html\r\nx: y"),
            file("file", "a", "text/html; charset=utf-8"),
        ] {
            assert!(build(std::slice::from_ref(&part)).is_err(), "{part:?}");
        }
        assert!(build(&[]).is_err());
    }

    #[test]
    fn the_boundary_depends_on_the_data() {
        let (_, one) = build(&[file("file", "a", "a/b")]).expect("fine");
        let mut part = file("file", "a", "a/b");
        part.data = Bytes::copy_from_slice(one.as_bytes());
        let (body, other) = build(&[part]).expect("fine");
        assert_ne!(one, other);
        let other = other.split_once('=').expect("a boundary").1;
        assert_eq!(String::from_utf8_lossy(&body).matches(other).count(), 2);
    }
}
