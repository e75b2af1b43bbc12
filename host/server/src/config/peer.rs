//! Reads sites and credentials out of the variables of mcp-atlassian, so that a change-over needs no new file.
//! Decides which products and credentials they mean; never which rights they give.

use policy::{Deployment, Host, Origin, Product, Site, SiteName};
use secrecy::ExposeSecret;

use super::address;
use super::environment::{self as variables, Environment, Variable};
use super::finding::Finding;
use crate::auth::{Login, Scheme};
use crate::credentials::check_user;
use crate::secrets::Secret;

/// One product as the environment describes it.
pub(super) struct Named {
    pub(super) product: Product,
    /// The variable that named it, for messages.
    pub(super) variable: Variable,
    pub(super) origin: Origin,
    /// `/jira`, or the empty string.
    pub(super) context: String,
    pub(super) login: Option<Login>,
    account: Option<Account>,
}

impl Named {
    /// Whether both products are used by one account, with one token.
    pub(super) fn shares_account(&self, other: &Self) -> bool {
        match (&self.account, &other.account) {
            (Some(one), Some(other)) => one.is_same(other),
            _ => false,
        }
    }
}

/// What makes two credentials the same one; never shown.
struct Account {
    scheme: Scheme,
    token: secrecy::SecretString,
}

impl Account {
    fn is_same(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.token.expose_secret() == other.token.expose_secret()
    }
}

/// What stands in the environment, with every mistake in it.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) products: Vec<Named>,
    pub(super) mistakes: Vec<Finding>,
    pub(super) warnings: Vec<Finding>,
}

struct Variables {
    product: Product,
    url: Variable,
    username: Variable,
    api_token: Variable,
    personal_token: Variable,
}

const PRODUCTS: [Variables; 2] = [
    Variables {
        product: Product::Jira,
        url: variables::JIRA_URL,
        username: variables::JIRA_USERNAME,
        api_token: variables::JIRA_API_TOKEN,
        personal_token: variables::JIRA_PERSONAL_TOKEN,
    },
    Variables {
        product: Product::Confluence,
        url: variables::CONFLUENCE_URL,
        username: variables::CONFLUENCE_USERNAME,
        api_token: variables::CONFLUENCE_API_TOKEN,
        personal_token: variables::CONFLUENCE_PERSONAL_TOKEN,
    },
];

pub(super) fn read(environment: &Environment) -> Reading {
    let mut reading = Reading::default();
    for names in &PRODUCTS {
        let Some(url) = environment.value(names.url) else {
            continue;
        };
        match address::split(names.product, &url) {
            Ok((origin, context)) => {
                let (login, account) = login(environment, names, &origin, &mut reading);
                reading.products.push(Named {
                    product: names.product,
                    variable: names.url,
                    origin,
                    context,
                    login,
                    account,
                });
            }
            Err((what, remedy)) => {
                reading
                    .mistakes
                    .push(Finding::new(names.url.name, what, remedy))
            }
        }
    }
    reading
}

/// The sites that the products make up where no policy file names any: one when both stand at one origin and use
/// one account, else one each.
pub(super) fn sites(products: Vec<Named>) -> Vec<(Site, Option<Login>)> {
    let shared = match products.as_slice() {
        [jira, confluence] => {
            jira.origin.is_same(&confluence.origin) && jira.shares_account(confluence)
        }
        _ => false,
    };
    if shared {
        let mut products = products.into_iter();
        let (Some(jira), Some(confluence)) = (products.next(), products.next()) else {
            return Vec::new();
        };
        let name = label(&jira.origin).unwrap_or("atlassian");
        let mut site = Site::new(
            site_name(name),
            jira.origin.clone(),
            vec![Product::Jira, Product::Confluence],
        );
        site.deployment = stated_deployment(jira.login.as_ref());
        put_context(&mut site, Product::Jira, jira.context);
        put_context(&mut site, Product::Confluence, confluence.context);
        return vec![(site, jira.login)];
    }
    let labels: Vec<_> = products.iter().map(|each| label(&each.origin)).collect();
    let distinct = labels.iter().all(Option::is_some)
        && labels
            .iter()
            .enumerate()
            .all(|(at, one)| !labels[..at].contains(one));
    products
        .into_iter()
        .map(|each| {
            let name = match label(&each.origin) {
                Some(label) if distinct => label,
                _ => each.product.as_str(),
            };
            let mut site = Site::new(site_name(name), each.origin.clone(), vec![each.product]);
            site.deployment = stated_deployment(each.login.as_ref());
            put_context(&mut site, each.product, each.context);
            (site, each.login)
        })
        .collect()
}

/// Personal access tokens exist on Data Center only, so naming one says what the site is.
fn stated_deployment(login: Option<&Login>) -> Option<Deployment> {
    login
        .is_some_and(|login| login.scheme == Scheme::Bearer)
        .then_some(Deployment::DataCenter)
}

fn login(
    environment: &Environment,
    names: &Variables,
    origin: &Origin,
    reading: &mut Reading,
) -> (Option<Login>, Option<Account>) {
    let username = environment.value(names.username);
    let api_token = environment.secret(names.api_token.name);
    let personal_token = environment.secret(names.personal_token.name);
    let is_cloud = origin.is_atlassian_cloud();

    let (scheme, variable, token) = match (personal_token, username, api_token) {
        (Some(_), None, None) if is_cloud => {
            reading.mistakes.push(Finding::new(
                names.personal_token.name,
                "is a Data Center token, and the site is on Cloud",
                format!(
                    "Set {} and {} instead.",
                    names.username.name, names.api_token.name
                ),
            ));
            return (None, None);
        }
        (Some(personal), username, api_token) if !is_cloud => {
            if username.is_some() && api_token.is_some() {
                reading.warnings.push(Finding::new(
                    names.api_token.name,
                    format!("is not used, because {} is set", names.personal_token.name),
                    "Unset the one that you do not need.",
                ));
            }
            (Scheme::Bearer, names.personal_token, personal)
        }
        (_, Some(user), Some(token)) => {
            if let Err(what) = check_user(&user) {
                reading.mistakes.push(Finding::new(
                    names.username.name,
                    what,
                    "Write the e-mail address of the account.",
                ));
                return (None, None);
            }
            (Scheme::Basic { user }, names.api_token, token)
        }
        (_, Some(_), None) => {
            reading
                .mistakes
                .push(missing(names.api_token, names.username));
            return (None, None);
        }
        (_, None, Some(_)) => {
            reading
                .mistakes
                .push(missing(names.username, names.api_token));
            return (None, None);
        }
        (_, None, None) => return (None, None),
    };
    match Secret::from_variable(variable.name, &token) {
        Ok(secret) => (
            Some(Login::fixed(origin.clone(), scheme.clone(), secret)),
            Some(Account { scheme, token }),
        ),
        Err(error) => {
            reading.mistakes.push(Finding::new(
                variable.name,
                error.to_string(),
                "Set it to the bare token.",
            ));
            (None, None)
        }
    }
}

fn missing(missing: Variable, present: Variable) -> Finding {
    Finding::new(
        missing.name,
        format!("is not set, and {} is of no use without it", present.name),
        format!("Set {}: {}.", missing.name, missing.meaning),
    )
}

/// The part of the host that people call their site by.
fn label(origin: &Origin) -> Option<&str> {
    let Host::Name(name) = origin.host() else {
        return None;
    };
    let (label, rest) = name.split_once('.')?;
    let is_name = !rest.is_empty() && label != "www" && SiteName::parse(label).is_ok();
    is_name.then_some(label)
}

fn site_name(name: &str) -> SiteName {
    SiteName::parse(name).expect("labels are checked and the words for products are names")
}

fn put_context(site: &mut Site, product: Product, context: String) {
    if !context.is_empty() {
        site.context.insert(product, context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site_list(pairs: &[(&'static str, &'static str)]) -> String {
        let reading = read(&Environment::fixed(pairs.iter().copied()));
        let mistakes: String = reading
            .mistakes
            .iter()
            .map(|each| format!("{each}\n"))
            .collect();
        let warnings: String = reading
            .warnings
            .iter()
            .map(|each| format!("{each}\n"))
            .collect();
        let sites: String = sites(reading.products)
            .iter()
            .map(|(site, login)| format!("{}{login:?}\n", site.to_toml()))
            .collect();
        assert!(!format!("{sites}{mistakes}{warnings}").contains("canary"));
        format!("{sites}{mistakes}{warnings}")
    }

    const CLOUD: &[(&str, &str)] = &[
        ("JIRA_URL", "https://acme.atlassian.net"),
        ("JIRA_USERNAME", "me@example.com"),
        ("JIRA_API_TOKEN", "canary-canary"),
        ("CONFLUENCE_URL", "https://acme.atlassian.net/wiki"),
        ("CONFLUENCE_USERNAME", "me@example.com"),
        ("CONFLUENCE_API_TOKEN", "canary-canary"),
    ];

    #[test]
    fn one_account_at_one_origin_is_one_site() {
        insta::assert_snapshot!(site_list(CLOUD), @r#"
        [site.acme]
        origin = "https://acme.atlassian.net"
        products = ["jira", "confluence"]
        Some(Login { origin: Origin { scheme: Https, host: Name("acme.atlassian.net"), port: 443 }, scheme: Basic, secret: Secret(env:JIRA_API_TOKEN, ****), .. })
        "#);
    }

    #[test]
    fn two_accounts_at_one_origin_are_two_sites() {
        let pairs: Vec<_> = CLOUD
            .iter()
            .map(|(name, value)| match *name {
                "CONFLUENCE_API_TOKEN" => (*name, "another-canary"),
                _ => (*name, *value),
            })
            .collect();
        insta::assert_snapshot!(site_list(&pairs), @r#"
        [site.jira]
        origin = "https://acme.atlassian.net"
        products = ["jira"]
        Some(Login { origin: Origin { scheme: Https, host: Name("acme.atlassian.net"), port: 443 }, scheme: Basic, secret: Secret(env:JIRA_API_TOKEN, ****), .. })
        [site.confluence]
        origin = "https://acme.atlassian.net"
        products = ["confluence"]
        Some(Login { origin: Origin { scheme: Https, host: Name("acme.atlassian.net"), port: 443 }, scheme: Basic, secret: Secret(env:CONFLUENCE_API_TOKEN, ****), .. })
        "#);
    }

    #[test]
    fn data_center_products_have_tokens_of_their_own() {
        insta::assert_snapshot!(site_list(&[
            ("JIRA_URL", "https://jira.example.com"),
            ("JIRA_PERSONAL_TOKEN", "canary-canary-1"),
            ("CONFLUENCE_URL", "https://tools.example.com/wiki"),
            ("CONFLUENCE_PERSONAL_TOKEN", "canary-canary-2"),
            ("CONFLUENCE_USERNAME", "me"),
            ("CONFLUENCE_API_TOKEN", "canary-password"),
        ]), @r#"
        [site.jira]
        origin = "https://jira.example.com"
        deployment = "data-center"
        products = ["jira"]
        Some(Login { origin: Origin { scheme: Https, host: Name("jira.example.com"), port: 443 }, scheme: Bearer, secret: Secret(env:JIRA_PERSONAL_TOKEN, ****), .. })
        [site.tools]
        origin = "https://tools.example.com"
        deployment = "data-center"
        products = ["confluence"]
        context.confluence = "/wiki"
        Some(Login { origin: Origin { scheme: Https, host: Name("tools.example.com"), port: 443 }, scheme: Bearer, secret: Secret(env:CONFLUENCE_PERSONAL_TOKEN, ****), .. })
        CONFLUENCE_API_TOKEN: is not used, because CONFLUENCE_PERSONAL_TOKEN is set
          hint: Unset the one that you do not need.
        "#);
    }

    #[test]
    fn half_a_login_is_a_mistake() {
        insta::assert_snapshot!(site_list(&[
            ("JIRA_URL", "https://acme.atlassian.net"),
            ("JIRA_USERNAME", "me@example.com"),
            ("CONFLUENCE_URL", "https://acme.atlassian.net"),
            ("CONFLUENCE_PERSONAL_TOKEN", "canary-canary"),
        ]), @r#"
        [site.jira]
        origin = "https://acme.atlassian.net"
        products = ["jira"]
        None
        [site.confluence]
        origin = "https://acme.atlassian.net"
        products = ["confluence"]
        None
        JIRA_API_TOKEN: is not set, and JIRA_USERNAME is of no use without it
          hint: Set JIRA_API_TOKEN: API token, sent with the user name (Cloud).
        CONFLUENCE_PERSONAL_TOKEN: is a Data Center token, and the site is on Cloud
          hint: Set CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN instead.
        "#);
    }
}
