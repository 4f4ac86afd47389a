//! What the registry of an image says of it.

use api::{Code, ImageState, ImageView, UiError};
use delivery::{Answer, Image, Keys, Registry};
use model::sentence;

/// Asks with the keys of this workstation's user.
pub async fn ask(name: &str) -> Result<ImageView, UiError> {
    let name = name.trim();
    let image = Image::parse(name).map_err(|_| {
        let hint = sentence!("write it as {tag} or {digest}", tag = "HOST/REPOSITORY:TAG", digest = "HOST/REPOSITORY@sha256:…");
        UiError::new(Code::Usage, sentence!("{image}: is not the name of an image", image = name)).hint(hint)
    })?;
    let keys = Keys::of_user(dirs::home_dir().as_deref());
    let registry =
        Registry::new(keys).map_err(|why| UiError::new(Code::Failed, sentence!("no registry can be asked from here ({why})", why)))?;
    let blank = ImageView { state: ImageState::Missing, why: None, digest: None, platforms: vec![], created: None };
    Ok(match registry.ask(&image).await {
        Answer::Found { digest, platforms, created } => {
            ImageView { state: ImageState::Found, digest: Some(digest), platforms, created: created.map(|c| c.to_string()), ..blank }
        }
        Answer::Missing => blank,
        Answer::Refused(why) => ImageView { state: ImageState::Refused, why: Some(why.into()), ..blank },
        Answer::Unreachable(why) => ImageView { state: ImageState::Unreachable, why: Some(why.into()), ..blank },
    })
}
