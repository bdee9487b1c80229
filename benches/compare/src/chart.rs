//! The results as a picture: how much better or worse viewlink is than its rivals, row by row.

use std::fmt::Write;

use crate::results::Results;
use crate::row::Row;
use crate::table::{number, times};

const WIDTH: f64 = 960.0;
const TOP: f64 = 92.0;
const STEP: f64 = 22.0;
const BAR: f64 = 14.0;
/// The ends of the axis; names are to the left, values to the right.
const LEFT: f64 = 230.0;
const RIGHT: f64 = 650.0;

/// Colours that differ clearly in light and dark surroundings, also for readers who distinguish fewer colours.
const STYLE: &str = "
  text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #57606a }
  .title { font-size: 17px; font-weight: 600; fill: #24292f }
  .name, .ratio { fill: #24292f }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  .ahead { fill: #1f83b4 }
  .behind { fill: #d9730d }
  .grid { stroke: #8c959f; stroke-opacity: .3 }
  .one { stroke: #57606a; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9ea7b3 }
    .title, .name, .ratio { fill: #e6edf3 }
    .ahead { fill: #4aa8d8 }
    .behind { fill: #f0883e }
    .one { stroke: #9ea7b3 }
  }
";

/// The picture, of the rows that have rivals.
pub(crate) fn svg(results: &Results) -> String {
    let rows: Vec<(&Row, f64)> =
        results.rows.iter().filter(|row| row.limit.is_none()).filter_map(drawn).collect();
    let axis = Axis::over(rows.iter().map(|(_, ratio)| *ratio));
    let bottom = TOP + STEP * f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    let height = bottom + 16.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<style>{STYLE}</style>\n"
    );
    head(&mut svg, results);
    grid(&mut svg, &axis, bottom);
    let mut y = TOP;
    for (row, ratio) in rows {
        bar(&mut svg, &axis, y, row, ratio);
        y += STEP;
    }
    svg += "</svg>\n";
    svg
}

/// A row with the ratio that is its bar; `None` if there is nothing to draw.
fn drawn(row: &Row) -> Option<(&Row, f64)> {
    row.ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0).map(|ratio| (row, ratio))
}

fn head(svg: &mut String, results: &Results) {
    text(svg, "title", 16.0, 28.0, "viewlink and the best of its rivals");
    let about = format!(
        "Best rival over viewlink, on a logarithmic axis: right of 1 viewlink is ahead. {} cores, \
         {} µs for one sync.",
        results.cores,
        number(results.sync_us)
    );
    text(svg, "", 16.0, 50.0, &about);
}

fn grid(svg: &mut String, axis: &Axis, bottom: f64) {
    for tick in axis.ticks() {
        let (x, class) = (axis.x(tick), if tick == 1.0 { "one" } else { "grid" });
        let top = TOP - 8.0;
        let _ = writeln!(
            svg,
            "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom}\"/>"
        );
        text(svg, "middle", x, top - 4.0, &tick.to_string());
    }
}

fn bar(svg: &mut String, axis: &Axis, y: f64, row: &Row, ratio: f64) {
    let (one, end) = (axis.x(1.0), axis.x(ratio));
    let class = if ratio >= 1.0 { "ahead" } else { "behind" };
    let (x, width) = (one.min(end), (one - end).abs().max(1.0));
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\"/>"
    );
    let baseline = y + BAR - 3.0;
    text(svg, "name end", LEFT - 14.0, baseline, &row.label());
    text(svg, "ratio end", RIGHT + 56.0, baseline, &times(ratio));
    let unit = row.unit.symbol();
    let (rival, best) = row.best_peer().unwrap_or(("none", 0.0));
    let values = format!("{} {unit}, {rival} {}", number(row.viewlink), number(best));
    text(svg, "", RIGHT + 72.0, baseline, &values);
}

fn text(svg: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
}

/// A logarithmic axis of ratios, around 1.
struct Axis {
    least: f64,
    most: f64,
}

impl Axis {
    /// From a half to two, or as wide as the ratios need.
    fn over(ratios: impl Iterator<Item = f64> + Clone) -> Self {
        let least = ratios.clone().fold(0.5, f64::min);
        Self { least: least / 1.1, most: ratios.fold(2.0, f64::max) * 1.1 }
    }

    fn x(&self, ratio: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (ratio / self.least).ln() / (self.most / self.least).ln()
    }

    /// 1, 2 and 5 times the powers of ten on the axis.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let powers = [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3];
        let ticks = powers.into_iter().flat_map(|power| [1.0, 2.0, 5.0].map(|tick| tick * power));
        ticks.filter(|tick| (self.least..=self.most).contains(tick))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{
        "rows": [
            {"name": "unlink_1", "links": 1000000, "unit": "us", "viewlink": 100.0,
             "peers": {"lmdb": 250.0, "redb": 300.0}, "ratio": 2.5},
            {"name": "bytes_per_link", "links": 1000000, "unit": "bytes", "viewlink": 60.0,
             "peers": {"lmdb": 30.0}, "ratio": 0.5},
            {"name": "limit_1", "links": 1000000, "unit": "us", "viewlink": 100.0, "peers": {},
             "limit": 80.0, "ratio": 1.25}
        ],
        "sync_us": 80.0, "versions": {"viewlink": "viewlink 0.1.0"}, "command": "viewlink-compare",
        "seed": 1, "cores": 2, "seconds": 3.0
    }"#;

    #[test]
    fn the_picture_is_well_formed_and_has_a_bar_for_each_row_with_rivals() {
        let svg = svg(&serde_json::from_str(SAMPLE).unwrap());
        assert_eq!(svg.matches("class=\"ahead\"").count(), 1);
        assert_eq!(svg.matches("class=\"behind\"").count(), 1);
        assert!(!svg.contains("limit_1") && !svg.contains("NaN"));
        // Every element is closed by itself or by an end tag.
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if tag.ends_with('/') => {}
                None => open.push(tag.split(' ').next().unwrap()),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn the_axis_goes_as_far_as_the_ratios() {
        let axis = Axis::over([0.02, 30.0].into_iter());
        assert!(axis.x(0.02) >= LEFT && axis.x(30.0) <= RIGHT);
        assert!(axis.x(0.5) < axis.x(1.0) && axis.x(1.0) < axis.x(2.0));
        assert_eq!(axis.ticks().count(), 10);
    }
}
