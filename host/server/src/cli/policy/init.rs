//! `policy init`: writes a profile out in full, for reading and editing. Never over a file that is there.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use policy::{Origin, OriginError, Policy, Product, Profile, Site, SiteName};

use super::file::PolicyFile;
use super::print;

#[derive(Args)]
pub(in crate::cli) struct Init {
    /// What to allow
    #[arg(long, value_enum, default_value = "standard")]
    profile: ProfileName,
    /// A site, as NAME=ORIGIN: acme=https://acme.atlassian.net
    #[arg(long, value_name = "NAME=ORIGIN", required = true, value_parser = site)]
    site: Vec<Site>,
    /// What is on those sites [default: both on *.atlassian.net, else jira]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PRODUCT")]
    products: Vec<ProductName>,
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    file: PolicyFile,
}

#[derive(Clone, Copy, ValueEnum)]
enum ProfileName {
    /// Reading only
    ReadOnly,
    /// Reading and writing; nothing is deleted or administered
    Standard,
    /// Reading, writing and deleting; nothing is administered
    Full,
}

#[derive(Clone, Copy, ValueEnum)]
enum ProductName {
    Jira,
    Confluence,
}

impl Init {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let profile = match self.profile {
            ProfileName::ReadOnly => Profile::ReadOnly,
            ProfileName::Standard => Profile::Standard,
            ProfileName::Full => Profile::Full,
        };
        let text = profile.text(&self.sites());
        // What is written has to be a policy; plain http beyond this machine, for one, is not.
        if let Err(diagnostics) = Policy::parse(&text, "the file to be written") {
            bail!("these sites can't be written as they are\n{diagnostics}");
        }
        if self.print {
            print(&text)?;
            return Ok(0);
        }
        let path = self.file.path()?;
        let shown = path.display();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(&path);
        if matches!(&opened, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
            bail!(
                "{shown} is there already; see what this would change with --print and `policy diff`"
            );
        }
        opened
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {shown}"))?;
        print(&format!(
            "wrote {shown}; see what it allows with `mcp-airlock policy report`"
        ))?;
        Ok(0)
    }

    fn sites(&self) -> Vec<Site> {
        let named: Vec<Product> = self
            .products
            .iter()
            .map(|product| match product {
                ProductName::Jira => Product::Jira,
                ProductName::Confluence => Product::Confluence,
            })
            .collect();
        let sites = self.site.iter().cloned();
        sites
            .map(|mut site| {
                if !named.is_empty() {
                    site.products.clone_from(&named);
                }
                site
            })
            .collect()
    }
}

fn site(text: &str) -> Result<Site, String> {
    let (name, origin) = text
        .split_once('=')
        .ok_or("write it as NAME=ORIGIN: acme=https://acme.atlassian.net")?;
    let name = SiteName::parse(name).map_err(|error| error.to_string())?;
    let origin = match Origin::parse(origin) {
        Ok(origin) | Err(OriginError::NotCanonical(origin)) => origin,
        Err(error) => return Err(error.to_string()),
    };
    let products = if origin.is_atlassian_cloud() {
        vec![Product::Jira, Product::Confluence]
    } else {
        vec![Product::Jira]
    };
    Ok(Site::new(name, origin, products))
}
