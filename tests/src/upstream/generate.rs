//! Bodies that are too long to write down, and secrets in disguise.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A whole answer with a length.
pub fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut whole = format!("HTTP/1.1 {status} Some Reason\r\n");
    for (name, value) in headers {
        whole.push_str(&format!("{name}: {value}\r\n"));
    }
    whole.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut whole = whole.into_bytes();
    whole.extend_from_slice(body);
    whole
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// One gzip member that unpacks to so many MiB of zeros, about a thousandth of it long.
pub fn zeros_gzip(mebibytes: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![0; 1 << 20];
    for _ in 0..mebibytes {
        encoder.write_all(&block).expect("memory takes it");
    }
    encoder.finish().expect("memory takes it")
}

/// An issue in JSON of exactly this many bytes.
pub fn json_issue(size: usize) -> Vec<u8> {
    let frame = r#"{"key":"PROJ-1","fields":{"summary":""}}"#.len();
    format!(
        r#"{{"key":"PROJ-1","fields":{{"summary":"{}"}}}}"#,
        "s".repeat(size - frame)
    )
    .into_bytes()
}

/// `secret` in the encoding that a case names.
pub fn encode_secret(encoding: &str, secret: &str) -> String {
    let each = |format: &dyn Fn(u8) -> String| secret.bytes().map(format).collect::<String>();
    match encoding {
        "raw" => secret.to_owned(),
        "base64 of token at offset 0" => STANDARD.encode(secret),
        "base64 wrapped at 76 columns" => {
            // Other text before it, so that the line ends inside the secret.
            let long = STANDARD.encode(format!("{}{secret}{}", "p".repeat(42), "q".repeat(60)));
            let lines: Vec<&str> = long
                .as_bytes()
                .chunks(76)
                .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
                .collect();
            lines.join("\r\n")
        }
        "percent encoding of every byte" => each(&|byte| format!("%{byte:02X}")),
        "percent encoding lower case" => each(&|byte| format!("%{byte:02x}")),
        "hex lower" => each(&|byte| format!("{byte:02x}")),
        "hex upper" => each(&|byte| format!("{byte:02X}")),
        "base64 of base64" => STANDARD.encode(STANDARD.encode(secret)),
        "quoted-printable" => each(&|byte| format!("={byte:02X}")),
        "with zero-width spaces between letters" => secret
            .chars()
            .flat_map(|letter| [letter, '\u{200b}'])
            .collect(),
        "upper case" => secret.to_uppercase(),
        "reversed" => secret.chars().rev().collect(),
        other => panic!("there is no encoding `{other}`"),
    }
}
