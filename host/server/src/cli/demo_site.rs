//! `mcp-airlock demo-site`: the built-in Jira and Confluence for other programs to talk to. Prints
//! one line of JSON when it is ready, then logs each request to standard error.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use demo_site::{Fault, Options, RequestLine};

use super::DemoDeployment;

#[derive(Args)]
pub(super) struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[arg(long, value_enum, default_value = "cloud")]
    deployment: DemoDeployment,
    /// Wait this long before each answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay_ms: u64,
    /// Fail a share of the requests, as in `429:0.1,503:0.05`
    #[arg(long, value_delimiter = ',', value_name = "STATUS:SHARE")]
    fail: Vec<Fault>,
    /// Answer as untidy sites do: nulls, odd dates, missing and extra fields
    #[arg(long)]
    rough: bool,
    /// Chooses which requests fail
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl From<DemoDeployment> for demo_site::Deployment {
    fn from(deployment: DemoDeployment) -> Self {
        match deployment {
            DemoDeployment::Cloud => Self::Cloud,
            DemoDeployment::DataCenter => Self::DataCenter,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let options = Options {
        port: arguments.port,
        delay: Duration::from_millis(arguments.delay_ms),
        fail: arguments.fail.clone(),
        rough: arguments.rough,
        seed: arguments.seed,
        log: Some(Box::new(|line: &RequestLine| {
            // Nobody reads a closed standard error.
            let _ = writeln!(std::io::stderr(), "{}", line.to_json());
        })),
        ..Options::new(arguments.deployment.into())
    };
    let site = demo_site::spawn(options).with_context(|| {
        format!(
            "the demo site could not listen on 127.0.0.1:{}",
            arguments.port
        )
    })?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", site.ready().to_json())?;
    stdout.flush()?;
    super::runtime()?.block_on(async { tokio::signal::ctrl_c().await })?;
    site.stop();
    Ok(ExitCode::SUCCESS)
}
