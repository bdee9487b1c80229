//! The results as a Markdown table.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::engine::Kind;
use crate::results::Results;
use crate::row::Row;

/// A table with a line for each row and a column for each engine.
pub(crate) fn markdown(results: &Results) -> String {
    let kinds = Kind::ALL.into_iter().map(Kind::name);
    let names: BTreeSet<&str> = results.versions.keys().map(String::as_str).collect();
    // Names without a store, in some rows only, come last.
    let known: Vec<&str> = kinds.filter(|kind| names.contains(kind)).collect();
    let others = names.iter().copied().filter(|name| !known.contains(name));
    let names: Vec<&str> = known.iter().copied().chain(others).collect();
    let mut table = String::from("| row | links | unit |");
    for name in &names {
        let _ = write!(table, " {name} |");
    }
    table += " limit | ratio |\n| --- | ---: | --- |";
    table += &" ---: |".repeat(names.len() + 2);
    table.push('\n');
    for row in &results.rows {
        table += &line(row, &names);
    }
    let _ = writeln!(table, "\nOne write and sync: {} µs.", number(results.sync_us));
    let _ = writeln!(table, "{:.0} s on {} cores.", results.seconds, results.cores);
    table
}

fn line(row: &Row, names: &[&str]) -> String {
    let mut line = format!("| {} | {} | {} |", row.name, row.links, row.unit.symbol());
    for name in names {
        let value = match *name == Kind::Viewlink.name() {
            true => Some(row.viewlink),
            false => row.peers.get(*name).copied(),
        };
        let _ = write!(line, " {} |", value.map(number).unwrap_or_default());
    }
    let limit = row.limit.map(number).unwrap_or_default();
    let ratio = row.ratio.map(times).unwrap_or_default();
    let sqlite = row.ratio_sqlite.map(|ratio| format!(" (SQLite {})", times(ratio)));
    let sqlite = sqlite.unwrap_or_default();
    let _ = writeln!(line, " {limit} | {ratio}{sqlite} |");
    line
}

/// A number with about three significant digits.
pub(crate) fn number(number: f64) -> String {
    match number {
        small if small < 10.0 => format!("{small:.2}"),
        middle if middle < 100.0 => format!("{middle:.1}"),
        large => format!("{large:.0}"),
    }
}

/// A ratio with enough decimals to differ from 0.
pub(crate) fn times(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Unit;

    #[test]
    fn every_row_is_a_line_with_as_many_cells() {
        let numbers = [(Kind::Viewlink, 2.0), (Kind::Redb, 123.4)];
        let row = Row::of_engines("unlink_1", 100_000, Unit::Us, numbers);
        let versions = [Kind::Viewlink, Kind::Redb].map(|kind| (kind.name().into(), String::new()));
        let results = Results { rows: vec![row], versions: versions.into(), ..Results::default() };
        let table = markdown(&results);
        let lines: Vec<_> = table.lines().take(3).collect();
        assert_eq!(lines[2], "| unlink_1 | 100000 | µs | 2.00 | 123 |  | 61.70 |");
        assert!(lines.iter().all(|line| line.matches('|').count() == 8), "{table}");
    }
}
