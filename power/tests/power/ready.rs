//! Whether losses of power can be tested here.

use std::path::PathBuf;
use std::sync::OnceLock;

use viewlink_power_loss::file_system::FileSystem;
use viewlink_power_loss::machine::Machine;

/// The number of losses of power on each file system; without the variable nothing is tested.
const CUTS: &str = "VIEWLINK_POWER_CUTS";

/// The program of this package.
pub(crate) fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_viewlink-power-loss").into()
}

/// The number of losses of power; `None`, with a message, if they cannot be tested.
pub(crate) fn cuts(file_system: FileSystem) -> Option<u64> {
    let cuts = asked().and_then(|cuts| match file_system.can_be_made() {
        true => Ok(cuts),
        false => Err("the program that creates it is not installed".into()),
    });
    cuts.inspect_err(|missing| println!("{file_system}: skipped, {missing}")).ok()
}

/// The same for any file system.
fn asked() -> Result<u64, String> {
    static PROBED: OnceLock<Result<(), String>> = OnceLock::new();
    let asked = std::env::var(CUTS).map_err(|_| format!("{CUTS} is not set"))?;
    if !rustix::process::geteuid().is_root() {
        return Err("only root may mount".into());
    }
    PROBED.get_or_init(|| Machine::probe().map_err(|error| format!("{error:#}"))).clone()?;
    Ok(asked.parse().unwrap_or_else(|error| panic!("{CUTS} is not a number: {error}")))
}

/// The first seed; a different one with `VIEWLINK_SEED`.
pub(crate) fn seed() -> u64 {
    std::env::var("VIEWLINK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}
