//! The tables, one file each.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod explanation;
pub(crate) mod identity;
pub(crate) mod patient;
pub(crate) mod photograph;
pub(crate) mod result;
pub(crate) mod review;
pub(crate) mod screening;
pub(crate) mod session;
pub(crate) mod summary;
