//! The power is lost at random moments.

use std::time::Instant;

use viewlink_power_loss::file_system::FileSystem;
use viewlink_power_loss::record::Flushes;
use viewlink_power_loss::trial::{Lost, Trial};

use crate::ready::{cuts, program, seed};

/// Simulates this many losses of power; returns the counts.
fn lose_power(file_system: FileSystem, flushes: Flushes, cuts: u64) -> Vec<Lost> {
    let start = Instant::now();
    let mut trial = Trial::new(program(), file_system, flushes, &[]).unwrap();
    let seed = seed();
    let lost = trial.run(cuts, &mut fastrand::Rng::with_seed(seed)).unwrap();
    let seconds = start.elapsed().as_secs();
    println!("{file_system}: {}; {} losses, {seconds} s, seed {seed}", trial.tally, lost.len());
    assert!(trial.tally.acknowledged > cuts, "there was hardly any load");
    lost
}

fn nothing_acknowledged_is_lost(file_system: FileSystem) {
    let Some(cuts) = cuts(file_system) else { return };
    let lost = lose_power(file_system, Flushes::Kept, cuts);
    for (number, lost) in lost.iter().enumerate() {
        let kept =
            std::env::temp_dir().join(format!("viewlink-lost-{}-{number}.img", std::process::id()));
        lost.image.save(&kept).unwrap();
        println!("{file_system}: {}; the disk is {kept:?}", lost.what);
    }
    assert!(lost.is_empty(), "{file_system}: {} losses", lost.len());
}

#[test]
fn nothing_acknowledged_is_lost_on_ext4() {
    nothing_acknowledged_is_lost(FileSystem::Ext4);
}

#[test]
fn nothing_acknowledged_is_lost_on_ext4_with_data_in_its_journal() {
    nothing_acknowledged_is_lost(FileSystem::Ext4DataJournal);
}

#[test]
fn nothing_acknowledged_is_lost_on_ext4_without_a_journal() {
    nothing_acknowledged_is_lost(FileSystem::Ext4NoJournal);
}

#[test]
fn nothing_acknowledged_is_lost_on_xfs() {
    nothing_acknowledged_is_lost(FileSystem::Xfs);
}

#[test]
fn nothing_acknowledged_is_lost_on_btrfs() {
    nothing_acknowledged_is_lost(FileSystem::Btrfs);
}

#[test]
fn nothing_acknowledged_is_lost_on_an_overlay() {
    nothing_acknowledged_is_lost(FileSystem::Overlay);
}

/// The control: on such a disk a loss must be detected.
#[test]
fn a_disk_that_ignores_flushes_is_detected() {
    for file_system in FileSystem::ALL {
        if cuts(file_system).is_none() {
            continue;
        }
        let lost = lose_power(file_system, Flushes::Ignored, 10);
        assert!(!lost.is_empty(), "{file_system}: nothing was lost");
    }
}
