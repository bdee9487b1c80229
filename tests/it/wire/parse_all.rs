//! One body parsed as every type; shared with the fuzz tests.

use viewlink::ResourceType;
use viewlink::wire::{
    ErrorBody, LinkReport, LinkRequest, LinkedResources, ProjectPatch, ProjectPut, Query,
    RequestError, ResourcePost, ResourcePut, View, ViewPatch, ViewPost, Views,
};

/// Parses the body as every type. A parsed value must be the same after a round trip.
pub(crate) fn parse_all(bytes: &[u8]) {
    let check = |error: &RequestError| {
        assert!(error.to_string().starts_with("the body is invalid"), "{error}");
        assert_eq!(ErrorBody::from(error).status(), 400);
    };
    match LinkRequest::from_json(bytes) {
        Ok(request) => {
            let json = serde_json::to_vec(&request).unwrap();
            assert_eq!(LinkRequest::from_json(&json).unwrap(), request);
            for resource_type in ResourceType::ALL {
                let _ = request.clone().into_batch(resource_type);
            }
        }
        Err(error) => check(&error),
    }
    match ViewPost::from_json(bytes) {
        Ok(post) => {
            let json = serde_json::to_vec(&post).unwrap();
            assert_eq!(ViewPost::from_json(&json).unwrap(), post);
            let _ = post.into_new_view();
        }
        Err(error) => check(&error),
    }
    match ViewPatch::from_json(bytes) {
        Ok(patch) => {
            let json = serde_json::to_vec(&patch).unwrap();
            assert_eq!(ViewPatch::from_json(&json).unwrap(), patch);
            let _ = patch.into_patch();
        }
        Err(error) => check(&error),
    }
    match ResourcePut::from_json(bytes) {
        Ok(put) => {
            let json = serde_json::to_vec(&put).unwrap();
            assert_eq!(ResourcePut::from_json(&json).unwrap(), put);
            let _ = put.into_new_resource();
        }
        Err(error) => check(&error),
    }
    if let Ok(put) = ProjectPut::from_json(bytes) {
        let json = serde_json::to_vec(&put).unwrap();
        assert_eq!(ProjectPut::from_json(&json).unwrap(), put);
        assert_eq!(ProjectPatch::from_json(&json).unwrap(), ProjectPatch(put));
    }
    if let Err(error) = ProjectPatch::from_json(bytes) {
        assert_eq!(ErrorBody::from(&error).status(), 400);
    }
    match ResourcePost::from_json(bytes) {
        Ok(post) => _ = post.into_new_resource(ResourceType::Segment, Some("env")),
        Err(error) => check(&error),
    }
    filter_all(&String::from_utf8_lossy(bytes));
    let _ = serde_json::from_slice::<LinkReport<'_>>(bytes);
    let _ = serde_json::from_slice::<LinkedResources>(bytes);
    let _ = serde_json::from_slice::<View>(bytes);
    let _ = serde_json::from_slice::<Views>(bytes);
    let _ = serde_json::from_slice::<ErrorBody>(bytes);
}

/// Creates batches with a text as the filter. A valid filter has conditions, and an invalid one is a 400 that names the
/// position.
fn filter_all(text: &str) {
    for resource_type in ResourceType::ALL {
        let environment = (resource_type == ResourceType::Segment).then(|| "env".to_owned());
        let (filter, comment) = (text.to_owned(), None);
        let request = LinkRequest::Filter { filter, environment_id: environment, comment };
        match request.into_batch(resource_type) {
            Ok(batch) => assert!(batch.is_empty() && !text.trim().is_empty()),
            Err(error) => {
                let RequestError::Filter { source, .. } = &error else { panic!("{error}") };
                assert!(text.is_char_boundary(source.position()));
                assert_eq!(ErrorBody::from(&error).status(), 400);
            }
        }
    }
}

/// Parses the parameters for every use.
pub(crate) fn query_all(query: &Query, key: &str) {
    let _ = (query.link_paging(), query.view_paging(), query.linked_view_paging());
    let _ = query.resource_paging();
    let _ = query.view_filter();
    for resource_type in ResourceType::ALL {
        let _ = query.resource(resource_type, key);
        let _ = query.resource_filter(resource_type);
    }
}
