pub(crate) use crate::model::chain_hash::ChainHash;
/// The bytes of a chain hash.
pub(super) const HASH_LEN: usize = 16;
