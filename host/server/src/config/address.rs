//! Decides what an address in a variable means: which origin, which context path. Refuses what has two readings.

use policy::{Host, Origin, OriginError, Product};

/// What is wrong and what to do; never the text itself, which may hold a password.
pub(super) type Mistake = (String, String);

/// Origin and context path of `product` at `url`.
pub(super) fn split(product: Product, url: &str) -> Result<(Origin, String), Mistake> {
    let start = url.find("://").map_or(0, |at| at + "://".len());
    let (origin, path) = match url[start..].find(['/', '?', '#']) {
        Some(at) => url.split_at(start + at),
        None => (url, ""),
    };
    let origin = match Origin::parse(origin) {
        // Capital letters and `:443` are harmless where nothing is compared with them.
        Err(OriginError::NotCanonical(canonical)) => canonical,
        parsed => parsed.map_err(|error| {
            (
                format!("is not the address of a site: {error}"),
                format!("Write it like {}.", example(product)),
            )
        })?,
    };
    if matches!(origin.host(), Host::Name(name) if name == "api.atlassian.com") {
        return Err((
            "names Atlassian's gateway, not a site".to_owned(),
            "Write the site's own address into policy.toml, with `gateway = { cloud-id = \"…\" }` beside it."
                .to_owned(),
        ));
    }
    let context = context(product, &origin, path)?;
    Ok((origin, context))
}

fn context(product: Product, origin: &Origin, path: &str) -> Result<String, Mistake> {
    let path = path.trim_end_matches('/');
    let is_plain = path.split('/').skip(1).all(|segment| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment
                .bytes()
                .all(|each| each.is_ascii_alphanumeric() || b"-._~".contains(&each))
    });
    if !is_plain || !(path.is_empty() || path.starts_with('/')) {
        return Err((
            "holds more than an address and a plain context path".to_owned(),
            format!("Write it like {}.", example(product)),
        ));
    }
    // A site on this machine is a trial; there `/wiki` is Cloud's layout, not somebody's context path.
    let is_cloud_layout = origin.is_loopback() && product == Product::Confluence && path == "/wiki";
    if !origin.is_atlassian_cloud() && !is_cloud_layout {
        return Ok(path.to_owned());
    }
    // On Cloud the prefix belongs to Confluence's own paths, whether people write it or not.
    match (product, path) {
        (_, "") | (Product::Confluence, "/wiki") => Ok(String::new()),
        _ => Err((
            "has a path, and Cloud sites have none".to_owned(),
            format!("Write it like {}.", example(product)),
        )),
    }
}

fn example(product: Product) -> &'static str {
    match product {
        Product::Jira => "https://acme.atlassian.net or https://example.com/jira",
        Product::Confluence => "https://acme.atlassian.net/wiki or https://example.com/confluence",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_split_into_origin_and_context() {
        for (product, url, origin, context) in [
            (
                Product::Jira,
                "https://acme.atlassian.net",
                "https://acme.atlassian.net",
                "",
            ),
            (
                Product::Jira,
                "https://Acme.Atlassian.net/",
                "https://acme.atlassian.net",
                "",
            ),
            (
                Product::Jira,
                "https://acme.atlassian.net:443/",
                "https://acme.atlassian.net",
                "",
            ),
            (
                Product::Confluence,
                "https://acme.atlassian.net",
                "https://acme.atlassian.net",
                "",
            ),
            (
                Product::Confluence,
                "https://acme.atlassian.net/wiki",
                "https://acme.atlassian.net",
                "",
            ),
            (
                Product::Confluence,
                "https://acme.atlassian.net/wiki/",
                "https://acme.atlassian.net",
                "",
            ),
            (
                Product::Confluence,
                "https://example.com/wiki",
                "https://example.com",
                "/wiki",
            ),
            (
                Product::Jira,
                "https://example.com:8443/a/jira/",
                "https://example.com:8443",
                "/a/jira",
            ),
            (
                Product::Confluence,
                "http://127.0.0.1:8080/wiki",
                "http://127.0.0.1:8080",
                "",
            ),
            (
                Product::Jira,
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080",
                "",
            ),
            (
                Product::Jira,
                "http://localhost:8080/jira",
                "http://localhost:8080",
                "/jira",
            ),
            (Product::Jira, "http://[::1]:8080", "http://[::1]:8080", ""),
        ] {
            let (read, path) = split(product, url).unwrap();
            assert_eq!(
                (read.to_string().as_str(), path.as_str()),
                (origin, context),
                "{url}"
            );
        }
    }

    #[test]
    fn addresses_with_more_than_one_reading_are_refused() {
        let said: String = [
            "acme.atlassian.net",
            "ftp://acme.atlassian.net",
            "https://me:canary@example.com/",
            "https://example.com\\@evil.test",
            "https://example.com/jira?x=1",
            "https://example.com/jira#top",
            "https://example.com/a/../b",
            "https://example.com//jira",
            "https://example.com/jira;x",
            "https://example.com/%6airа",
            "https://acme.atlassian.net/jira/software",
            "https://api.atlassian.com/ex/jira/11223344",
            "https://0x7f000001",
            "https://example.com.",
        ]
        .iter()
        .map(|url| {
            let (what, remedy) = split(Product::Jira, url).unwrap_err();
            assert!(!what.contains("canary"));
            format!("{url}\n  {what}\n  {remedy}\n")
        })
        .collect();
        insta::assert_snapshot!(said, @r#"
        acme.atlassian.net
          is not the address of a site: an origin begins with `https://` (or `http://` for this machine)
          Write it like https://acme.atlassian.net or https://example.com/jira.
        ftp://acme.atlassian.net
          is not the address of a site: an origin begins with `https://` (or `http://` for this machine)
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://me:canary@example.com/
          is not the address of a site: an origin holds no user name or password
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com\@evil.test
          is not the address of a site: a control character, a blank or a backslash stands in the origin
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com/jira?x=1
          holds more than an address and a plain context path
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com/jira#top
          holds more than an address and a plain context path
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com/a/../b
          holds more than an address and a plain context path
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com//jira
          holds more than an address and a plain context path
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com/jira;x
          holds more than an address and a plain context path
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com/%6airа
          holds more than an address and a plain context path
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://acme.atlassian.net/jira/software
          has a path, and Cloud sites have none
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://api.atlassian.com/ex/jira/11223344
          names Atlassian's gateway, not a site
          Write the site's own address into policy.toml, with `gateway = { cloud-id = "…" }` beside it.
        https://0x7f000001
          is not the address of a site: the host is an odd spelling of the address 127.0.0.1; write the address in full
          Write it like https://acme.atlassian.net or https://example.com/jira.
        https://example.com.
          is not the address of a site: the host ends with a dot: the same name for DNS, another one for every comparison
          Write it like https://acme.atlassian.net or https://example.com/jira.
        "#);
    }

    proptest! {
        #[test]
        fn no_address_makes_it_panic(url in "(https?://)?[ -~éа]{0,40}") {
            let _ = split(Product::Confluence, &url);
        }
    }
}
