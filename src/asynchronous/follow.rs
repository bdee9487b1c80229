//! Filters that views follow, from async code.

use super::project::AsyncProject;
use crate::filter::ResourceFilter;
use crate::model::error::Result;
use crate::model::resource::ResourceType;
use crate::model::{Report, Unfollow};

impl AsyncProject {
    /// Lets a view follow a filter: [`Project::follow`](crate::Project::follow).
    ///
    /// Cost and example: those of [`Project::follow`](crate::Project::follow).
    ///
    /// # Errors
    ///
    /// Those of [`Project::follow`](crate::Project::follow).
    pub async fn follow(
        &self,
        view: &str,
        resource_type: ResourceType,
        filter: ResourceFilter,
    ) -> Result<Report> {
        self.run_on(view, move |project, view| project.follow(view, resource_type, filter)).await
    }

    /// Ends the filter that a view follows: [`Project::unfollow`](crate::Project::unfollow).
    ///
    /// Cost and example: those of [`Project::unfollow`](crate::Project::unfollow).
    ///
    /// # Errors
    ///
    /// Those of [`Project::unfollow`](crate::Project::unfollow).
    pub async fn unfollow(
        &self,
        view: &str,
        resource_type: ResourceType,
        unfollow: Unfollow,
    ) -> Result<Report> {
        self.run_on(view, move |project, view| project.unfollow(view, resource_type, unfollow))
            .await
    }
}
