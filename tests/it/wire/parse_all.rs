//! One body read as everything there is; shared with the fuzz tests.

use viewlink::ResourceType;
use viewlink::wire::{
    ErrorBody, LinkReport, LinkRequest, LinkedResources, RequestError, View, ViewPatch, ViewPost,
    Views,
};

/// Parses as everything; what parses is the same after a round trip.
pub(crate) fn parse_all(bytes: &[u8]) {
    let check = |error: &RequestError| {
        assert!(error.to_string().starts_with("the body is not what is expected"), "{error}");
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
    let _ = serde_json::from_slice::<LinkReport<'_>>(bytes);
    let _ = serde_json::from_slice::<LinkedResources>(bytes);
    let _ = serde_json::from_slice::<View>(bytes);
    let _ = serde_json::from_slice::<Views>(bytes);
    let _ = serde_json::from_slice::<ErrorBody>(bytes);
}
