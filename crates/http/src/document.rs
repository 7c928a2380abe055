//! What every operation of an OpenAPI document may answer besides what its handler says: the problems of this crate's own extractors, of
//! limits, and of what is away. Written once, so that a document that names its own answers names all.
//!
//! It knows no service. A problem that a handler names keeps its description; every answer of 400 and above is a problem+json, but one that
//! a handler names as a page. Here too is what access tokens are to a document ([`Bearer`]).

use utoipa::{
    Modify,
    openapi::{
        Content, OpenApi, PathItem, Ref, RefOr, Response,
        path::{Operation, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

const PROBLEM: &str = "application/problem+json";
const PAGE: &str = "text/html";

/// The modifier, for a service's document.
#[derive(Debug, Clone, Copy)]
pub struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut OpenApi) {
        for path in document.paths.paths.values_mut() {
            operations(path).into_iter().flatten().for_each(complete);
        }
    }
}

/// The modifier that says what an access token is, by the name under which a document's operations ask for one.
#[derive(Debug, Clone, Copy)]
pub struct Bearer(pub &'static str);

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme(self.0, SecurityScheme::Http(scheme));
    }
}

fn operations(path: &mut PathItem) -> [Option<&mut Operation>; 7] {
    let PathItem { get, put, post, delete, patch, head, options, .. } = path;
    [get, put, post, delete, patch, head, options].map(Option::as_mut)
}

fn complete(operation: &mut Operation) {
    let parameter = |wanted: &ParameterIn| {
        let of = |p: &RefOr<_>| matches!(p, RefOr::T(p) if is_in(p, wanted));
        operation.parameters.iter().flatten().any(of)
    };
    let signed_in =
        operation.security.as_ref().is_some_and(|all| !all.contains(&SecurityRequirement::default()));
    let common = [
        (true, "400", "`malformed_request`, and `invalid_cursor` where there are pages"),
        (true, "503", "`unavailable`: something that it needs is away; come again"),
        (operation.security.is_some(), "401", "`unauthenticated`"),
        (signed_in, "403", "`forbidden`, `account_suspended`"),
        (parameter(&ParameterIn::Path), "404", "There is no such thing, or not for the caller"),
        (operation.request_body.is_some(), "413", "`payload_too_large`"),
        (operation.request_body.is_some(), "415", "`unsupported_media_type`"),
        (operation.request_body.is_some(), "422", "`validation_failed`"),
        (true, "429", "`rate_limited`, with `Retry-After`"),
    ];
    let responses = &mut operation.responses.responses;
    for (may, status, description) in common {
        if may && !responses.contains_key(status) {
            responses.insert(status.into(), Response::new(description).into());
        }
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && matches!(status.as_bytes().first(), Some(b'4' | b'5'))
            && !response.content.contains_key(PAGE)
        {
            let body = Content::new(Some(Ref::from_schema_name("ProblemBody")));
            response.content.clear();
            response.content.insert(PROBLEM.into(), RefOr::T(body));
        }
    }
}

fn is_in(parameter: &utoipa::openapi::path::Parameter, wanted: &ParameterIn) -> bool {
    parameter.parameter_in == *wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operation_names_the_problems_that_all_have_and_keeps_its_own_words() {
        let mut document: OpenApi = serde_json::from_value(json!({
            "openapi": "3.1.0", "info": {"title": "x", "version": "1"},
            "paths": {"/a/{id}": {
                "get": {"responses": {"404": {"description": "own words"}}, "parameters": [{"name": "id", "in": "path", "required": true}]},
                "post": {"responses": {"404": {"description": "a page", "content": {"text/html": {}}}}},
                "put": {"responses": {}, "security": [{"bearer": []}], "requestBody": {"content": {}}},
            }},
        }))
        .unwrap();
        Problems.modify(&mut document);
        let document = serde_json::to_value(document).unwrap();
        let named = |method: &str| {
            let all = document["paths"]["/a/{id}"][method]["responses"].as_object().unwrap();
            all.keys().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(named("get"), "400 404 429 503");
        assert_eq!(named("put"), "400 401 403 413 415 422 429 503");
        let own = &document["paths"]["/a/{id}"]["get"]["responses"]["404"];
        assert_eq!(own["description"], "own words");
        assert!(own["content"]["application/problem+json"]["schema"]["$ref"].is_string(), "{own}");
        let page = &document["paths"]["/a/{id}"]["post"]["responses"]["404"]["content"];
        assert!(
            page.as_object().is_some_and(|types| types.len() == 1 && types.contains_key("text/html")),
            "{page}"
        );
    }
}
