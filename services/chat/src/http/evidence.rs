//! REST of the image that a reported message had, for who has to judge the report, while it is open. Handler only.

use super::{Rest, actor, caller::Caller, images, lists::parse_id};
use crate::reports::{channel_of, image_of};
use actix_web::{HttpRequest, HttpResponse, get, web};
use streamly_http::{Problem, ProblemBody, Result};
use streamly_picture::body as upload;
use streamly_status::Code;

/// Nobody keeps it.
const NOT_KEPT: &str = "private, no-store";

/// The image of the message that an open report is about, also when the message is gone: for the channel's moderators, or if the report is in the
/// platform's queue for its staff. Whoever else asks does not learn that there is one.
#[utoipa::path(
    get, path = "/api/chat/reports/{id}/image", tag = "chat",
    params(("id" = String, Path, description = "The report's id")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/reports/{id}/image")]
pub(super) async fn report_image(
    rest: web::Data<Rest>,
    request: HttpRequest,
    id: web::Path<String>,
    who: Caller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let id = parse_id(&id, Code::ReportNotFound)?;
    let missing = || Problem::new(Code::ReportNotFound);
    let kept = context.reports.get(id).await.map_err(super::reports::report_refused)?;
    let channel = channel_of(&context.directory, &kept).await.map_err(super::reports::report_refused)?;
    let (_, actor) = actor(context, &channel.id.to_string(), &who).await.map_err(super::reports::unseen)?;
    if !context.reports.may_judge(&actor, &kept) {
        return Err(missing());
    }
    let image = image_of(&kept).ok_or_else(missing)?;
    let (kind, bytes) = context.images.evidence(image).await.map_err(images::refused)?;
    Ok(upload::answer(&request, &image.to_string(), kind.content_type(), NOT_KEPT, bytes))
}
