//! The file of resources that are registered before the host serves requests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use viewlink::wire::{RequestError, ResourcePut};
use viewlink::{KeyOutcome, NewResource, ProjectKey, Report, Store};

use crate::failure::chain;
use crate::lines::{LONGEST, Line, Lines};

/// The largest number of resources in one change.
const BATCH: usize = 10_000;

/// The number of failed lines that the message shows.
const SHOWN: usize = 10;

/// Why the resources of a file could not all be registered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResourcesError {
    /// The file cannot be read.
    #[error("cannot read the resources file {path:?}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// Some lines are not resources. The resources of the other lines are registered.
    #[error(
        "{failed} lines of the resources file {path:?} cannot be registered: fix them, and start again{}",
        Shown(.first, *.failed)
    )]
    Lines {
        /// The file.
        path: PathBuf,
        /// The number of failed lines.
        failed: usize,
        /// The first failed lines, counted from 1, each with its problem.
        first: Vec<(usize, String)>,
    },
    /// The store failed.
    #[error("the store failed while resources were registered")]
    Store(#[from] viewlink::Error),
}

struct Shown<'a>(&'a [(usize, String)], usize);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, problem) in self.0 {
            write!(f, "\n  line {line}: {problem}")?;
        }
        match self.1.saturating_sub(self.0.len()) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// A file of resources.
pub(crate) struct Resources {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
}

/// The outcomes of the lines.
#[derive(Default)]
struct Tally {
    registered: usize,
    updated: usize,
    unchanged: usize,
    failed: usize,
    /// The first failed lines.
    first: Vec<(usize, String)>,
}

/// Resources that are registered together; each one is in it once.
#[derive(Default)]
struct Batch {
    projects: BTreeMap<ProjectKey, Vec<(usize, NewResource)>>,
    names: BTreeSet<[String; 4]>,
    size: usize,
}

impl Resources {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Self, ResourcesError> {
        let file = File::open(path).map_err(unreadable(path))?;
        Ok(Self { path: path.to_owned(), lines: Lines::new(BufReader::new(file)) })
    }

    /// Registers the resources of the lines. If several lines are about the same resource, the last one counts.
    ///
    /// A line that cannot be registered does not stop the others.
    pub(crate) fn register(
        mut self,
        store: &Store,
        batch_limit: usize,
    ) -> Result<(), ResourcesError> {
        let limit = BATCH.min(batch_limit);
        let (mut tally, mut batch) = (Tally::default(), Batch::default());
        while let Some((number, line)) = self.lines.next().map_err(unreadable(&self.path))? {
            let put = match parse(&line) {
                Ok(Some(put)) => put,
                Ok(None) => continue,
                Err(problem) => {
                    tally.fail(number, problem);
                    continue;
                }
            };
            if batch.size >= limit || batch.has(&put) {
                std::mem::take(&mut batch).register(store, &mut tally)?;
            }
            batch.add(number, put).unwrap_or_else(|error| tally.fail(number, error.to_string()));
        }
        batch.register(store, &mut tally)?;
        tally.into_result(self.path)
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> ResourcesError {
    let path = path.to_owned();
    move |source| ResourcesError::Unreadable { path, source }
}

/// The resource in a line; `None` if the line is blank.
fn parse(line: &Line) -> Result<Option<ResourcePut>, String> {
    let Line::Text(text) = line else {
        return Err(format!("it has more than {LONGEST} bytes"));
    };
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    ResourcePut::from_json(text).map(Some).map_err(|error| match &error {
        // JSON errors always name the first line.
        RequestError::Body { path, source } => {
            let place = format!(" at line {} column {}", source.line(), source.column());
            let problem = source.to_string().replace(&place, "");
            let at = if path == "." { String::new() } else { format!(" at {path}") };
            format!("{problem}{at}, column {}", source.column())
        }
        _ => error.to_string(),
    })
}

impl Batch {
    fn name(put: &ResourcePut) -> [String; 4] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let of = put.resource_type.as_ref().or(put.kind.as_ref());
        let of = of.and_then(|of| of.parse::<viewlink::ResourceType>().ok());
        let of = of.map(|of| of.singular().to_owned()).unwrap_or_default();
        let project = put.project_key.clone().unwrap_or_else(|| "default".to_owned());
        [project, of, text(&put.environment_id), put.key.clone()]
    }

    fn has(&self, put: &ResourcePut) -> bool {
        self.names.contains(&Self::name(put))
    }

    fn add(&mut self, number: usize, put: ResourcePut) -> Result<(), RequestError> {
        let name = Self::name(&put);
        let (project, resource) = put.into_new_resource()?;
        self.names.insert(name);
        self.projects.entry(project).or_default().push((number, resource));
        self.size += 1;
        Ok(())
    }

    fn register(self, store: &Store, tally: &mut Tally) -> Result<(), ResourcesError> {
        for (project, resources) in self.projects {
            let (numbers, resources): (Vec<_>, Vec<_>) = resources.into_iter().unzip();
            let project = store.project(project.as_str())?.comment("the resources file");
            tally.count(&numbers, &project.put_resources(resources)?);
        }
        Ok(())
    }
}

impl Tally {
    fn fail(&mut self, number: usize, problem: String) {
        self.failed += 1;
        if self.first.len() < SHOWN {
            self.first.push((number, problem));
        }
    }

    fn count(&mut self, numbers: &[usize], report: &Report) {
        for (number, (resource, outcome)) in numbers.iter().zip(report.outcomes()) {
            match outcome {
                KeyOutcome::Registered => self.registered += 1,
                KeyOutcome::Updated => self.updated += 1,
                KeyOutcome::Failed(reason) => {
                    let of = resource.resource_type();
                    let (reason, code) = (chain(reason), reason.code());
                    self.fail(*number, format!("{of} {resource}: {reason} ({code})"));
                }
                _ => self.unchanged += 1,
            }
        }
    }

    fn into_result(mut self, path: PathBuf) -> Result<(), ResourcesError> {
        let Self { registered, updated, unchanged, failed, .. } = self;
        tracing::info!(registered, updated, unchanged, failed, "resources of {}", path.display());
        if failed == 0 {
            return Ok(());
        }
        // The lines that the store refused come after the lines that are malformed.
        self.first.sort();
        Err(ResourcesError::Lines { path, failed, first: self.first })
    }
}
