//! Every difference on the wire between Cloud and Data Center, and no other file names either.
//! Addresses and credentials differ too, but those are the host's.

pub(crate) mod confluence;
pub(crate) mod jira;
