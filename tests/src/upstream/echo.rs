//! Sends the credential that came with a request back, in any place that an answer has.

use super::{Request, Step, generate::gzip};

/// Where the echo stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The body, cut in the middle of the secret, with a pause between the halves.
    SplitBody,
    GzipBody,
    ChunkExtension,
    Trailer,
    ReasonPhrase,
    /// A header of this name.
    Header(&'static str),
    JsonKey,
    DeepJson,
    MultipartPart,
    /// The first eight characters of the secret, in the body.
    Prefix,
}

/// The answer that repeats `secret` (and whatever `Authorization` came) at `place`.
pub fn echo(place: Place, secret: &str, request: &Request) -> Vec<Step> {
    let authorization = request.header("authorization").join(", ");
    let said = format!("{secret} {authorization}");
    let plain = |body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    match place {
        Place::SplitBody => {
            let whole = plain(&said);
            let cut = whole.len() - said.len() + secret.len() / 2;
            vec![
                Step::Send(whole[..cut].to_vec()),
                Step::Pause(std::time::Duration::from_millis(30)),
                Step::Send(whole[cut..].to_vec()),
            ]
        }
        Place::GzipBody => {
            let packed = gzip(said.as_bytes());
            let mut whole = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
                packed.len()
            )
            .into_bytes();
            whole.extend(packed);
            vec![Step::Send(whole)]
        }
        Place::ChunkExtension => vec![Step::Send(
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;echo=\"{secret}\"\r\n{{}}\r\n0\r\n\r\n").into_bytes(),
        )],
        Place::Trailer => vec![Step::Send(
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-echo\r\n\r\n2\r\n{{}}\r\n0\r\nx-echo: {said}\r\n\r\n").into_bytes(),
        )],
        Place::ReasonPhrase => vec![Step::Send(
            format!("HTTP/1.1 200 {said}\r\ncontent-length: 2\r\n\r\n{{}}").into_bytes(),
        )],
        Place::Header(name) => vec![Step::Send(
            format!("HTTP/1.1 200 OK\r\n{name}: {}\r\ncontent-length: 2\r\n\r\n{{}}", in_header(name, secret)).into_bytes(),
        )],
        Place::JsonKey => vec![Step::Send(plain(&format!("{{\"{said}\":1}}")))],
        Place::DeepJson => {
            let body = format!("{}\"{said}\"{}", "[{\"a\":".repeat(60), "}]".repeat(60));
            vec![Step::Send(plain(&body))]
        }
        Place::MultipartPart => {
            let body = format!("--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n{said}\r\n--b--\r\n");
            vec![Step::Send(
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
                .into_bytes(),
            )]
        }
        Place::Prefix => vec![Step::Send(plain(&format!("it begins with {}", &secret[..8])))],
    }
}

fn in_header(name: &str, secret: &str) -> String {
    match name {
        "set-cookie" => format!("s={secret}; Path=/"),
        "location" => format!("https://jira.example.test/x?t={secret}"),
        "content-disposition" => format!("attachment; filename=\"{secret}.txt\""),
        "link" => format!("<https://jira.example.test/x?t={secret}>; rel=\"next\""),
        "server-timing" => format!("db;desc=\"{secret}\""),
        _ => secret.to_owned(),
    }
}
