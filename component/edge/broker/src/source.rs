//! Where settings and tokens come from: one of three sources, chosen when the broker is built. Two belong to a family of
//! runtimes; the environment is everywhere. The broker alone is given any of them.

use secrecy::SecretString;

use crate::configuration::Source;

/// The source of this build.
pub(crate) struct Chosen;

impl Source for Chosen {
    fn plain(&self, name: &str) -> Result<Option<String>, String> {
        read(name)
    }

    fn secret(&self, name: &str) -> Result<Option<SecretString>, String> {
        Ok(read(name)?.map(SecretString::from))
    }

    fn shown(&self, name: &str) -> String {
        if cfg!(any(feature = "spin-variables", feature = "wasi-config")) {
            name.to_owned()
        } else {
            name.to_ascii_uppercase()
        }
    }
}

#[cfg(not(any(feature = "spin-variables", feature = "wasi-config")))]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn read(name: &str) -> Result<Option<String>, String> {
    match std::env::var(name.to_ascii_uppercase()) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err("it is not UTF-8".into()),
    }
}

#[cfg(feature = "wasi-config")]
mod store {
    //! `wasi:config` at its second release candidate, as wasmtime and wasmCloud have it.

    wit_bindgen::generate!({
        inline: r"
            package airlock:broker-source;

            world source {
                import wasi:config/store@0.2.0-rc.1;
            }

            package wasi:config@0.2.0-rc.1 {
                interface store {
                    variant error { upstream(string), io(string) }
                    get: func(key: string) -> result<option<string>, error>;
                }
            }
        ",
    });
}

#[cfg(feature = "wasi-config")]
fn read(name: &str) -> Result<Option<String>, String> {
    use store::wasi::config::store::{Error, get};

    get(name).map_err(|error| match error {
        Error::Upstream(text) | Error::Io(text) => text,
    })
}

#[cfg(all(feature = "spin-variables", not(feature = "wasi-config")))]
mod variables {
    //! Spin's variables, which its providers may fetch from a vault.

    wit_bindgen::generate!({
        inline: r"
            package airlock:broker-source;

            world source {
                import fermyon:spin/variables@2.0.0;
            }

            package fermyon:spin@2.0.0 {
                interface variables {
                    variant error { invalid-name(string), undefined(string), provider(string), other(string) }
                    get: func(name: string) -> result<string, error>;
                }
            }
        ",
    });
}

#[cfg(all(feature = "spin-variables", not(feature = "wasi-config")))]
fn read(name: &str) -> Result<Option<String>, String> {
    use variables::fermyon::spin::variables::{Error, get};

    match get(name) {
        Ok(value) => Ok(Some(value)),
        Err(Error::Undefined(_)) => Ok(None),
        Err(Error::InvalidName(text) | Error::Provider(text) | Error::Other(text)) => Err(text),
    }
}
