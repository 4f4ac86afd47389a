//! Every designed state of every screen, on the page's fake, in WebKit: photographed and held against the picture that was accepted,
//! in dark, light and Korean, and looked at by axe in both themes. `cargo xtask gallery --accept` takes the pictures anew.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use acceptance::Outcome;
use acceptance::axe::{self, Axe};
use acceptance::window::{Start, Window, listens};

/// Sizes of a page, in pixels, by the names that the gallery has for them: usual, smallest, and of a large screen.
const SIZES: [(&str, (u32, u32)); 3] = [("usual", (1440, 900)), ("small", (1024, 700)), ("large", (3840, 2160))];
/// Name of a look, its theme and its language. The page goes from one to the next as a user does who changes the settings.
const LOOKS: [(&str, &str, &str); 3] = [("dark", "dark", "en"), ("light", "light", "en"), ("ko", "dark", "ko")];
/// Where the accepted ones are kept.
const ACCEPTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/gallery");
/// Two colours are the same when no channel differs by more than this, of 255: 8 because what is kept is rounded, and as much because
/// the edge of a curve and a shadow are drawn a little otherwise each time.
const NEAR: u8 = 16;
/// A picture is the same when no more pixels of what is kept differ.
const FEW: usize = 60;

/// The page, over http.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    async fn start() -> Outcome<Served> {
        xtask::frontend::gallery()?;
        let port = xtask::lab::free_port()?;
        let child = Command::new("node")
            .args(["node_modules/vite/bin/vite.js", "preview", "--mode", "gallery", "--outDir", "gallery-dist", "--strictPort"])
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .current_dir(xtask::places::checkout().join("frontend"))
            .stdout(Stdio::null())
            .spawn()?;
        let served = Served { child, address: format!("http://127.0.0.1:{port}/gallery.html") };
        listens("vite", port).await?;
        Ok(served)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A state of the gallery.
#[derive(serde::Deserialize)]
struct Shown {
    state: String,
    size: String,
}

impl Shown {
    fn size(&self) -> Outcome<(u32, u32)> {
        let known = SIZES.iter().find(|(name, _)| *name == self.size);
        Ok(known.ok_or_else(|| format!("{}: size {} is not known", self.state, self.size))?.1)
    }
}

/// Colours, row by row, three bytes each.
struct Picture {
    size: (u32, u32),
    rgb: Vec<u8>,
}

impl Picture {
    fn read(bytes: &[u8]) -> Outcome<Picture> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::EXPAND);
        let mut reader = decoder.read_info()?;
        let mut raw = vec![0; reader.output_buffer_size().ok_or("a picture that is too large")?];
        let info = reader.next_frame(&mut raw)?;
        let samples = info.color_type.samples();
        if samples < 3 {
            return Err(format!("a picture of {:?}", info.color_type).into());
        }
        let rgb = raw[..info.buffer_size()].chunks(samples).flat_map(|p| [p[0], p[1], p[2]]).collect();
        Ok(Picture { size: (info.width, info.height), rgb })
    }

    fn write(&self, to: &Path) -> Outcome<()> {
        let colours: Vec<&[u8]> = self.rgb.chunks(3).collect::<BTreeSet<_>>().into_iter().collect();
        let mut bytes = vec![];
        let mut encoder = png::Encoder::new(&mut bytes, self.size.0, self.size.1);
        encoder.set_compression(png::Compression::High);
        if colours.len() <= 256 {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(colours.concat());
            let of = |pixel: &[u8]| colours.binary_search(&pixel).ok().and_then(|i| u8::try_from(i).ok()).unwrap_or_default();
            let indices: Vec<u8> = self.rgb.chunks(3).map(of).collect();
            encoder.write_header()?.write_image_data(&indices)?;
        } else {
            encoder.set_color(png::ColorType::Rgb);
            encoder.write_header()?.write_image_data(&self.rgb)?;
        }
        if let Some(dir) = to.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(to, bytes)?;
        Ok(())
    }

    /// Half as wide and half as high: every change that an eye sees is seen there.
    fn half(&self) -> Picture {
        let (width, height) = ((self.size.0 / 2) as usize, (self.size.1 / 2) as usize);
        let at = |x: usize, y: usize, channel: usize| u16::from(self.rgb[(y * self.size.0 as usize + x) * 3 + channel]);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                for channel in 0..3 {
                    let (x, y) = (x * 2, y * 2);
                    let mean = (at(x, y, channel) + at(x + 1, y, channel) + at(x, y + 1, channel) + at(x + 1, y + 1, channel) + 2) / 4;
                    rgb.push(u8::try_from(mean).unwrap_or(u8::MAX));
                }
            }
        }
        Picture { size: (self.size.0 / 2, self.size.1 / 2), rgb }
    }

    /// With 16 shades of each colour, in a fifth of the bytes: as it is kept.
    fn rounded(&self) -> Picture {
        let shade = |c: &u8| u8::try_from((u16::from(*c) + 8) / 17 * 17).unwrap_or(u8::MAX);
        Picture { size: self.size, rgb: self.rgb.iter().map(shade).collect() }
    }

    /// Which pixels differ: what one shows there, the other shows neither there nor beside it. The edge of a curve is drawn a little
    /// otherwise each time.
    fn differs(&self, other: &Picture) -> Vec<usize> {
        let pixels = 0..self.rgb.len() / 3;
        let near = |i: &usize| self.rgb[i * 3..i * 3 + 3].iter().zip(&other.rgb[i * 3..i * 3 + 3]).all(|(a, b)| a.abs_diff(*b) <= NEAR);
        let same = |i: &usize| near(i) || (self.within(*i, other) && other.within(*i, self));
        pixels.filter(|i| !same(i)).collect()
    }

    /// Each channel of this pixel is between the darkest and the lightest there and around there in the other.
    fn within(&self, i: usize, other: &Picture) -> bool {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let (x, y) = (i % width, i / width);
        (0..3).all(|channel| {
            let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
            let around = rows.flat_map(|y| (x.saturating_sub(1)..=(x + 1).min(width - 1)).map(move |x| y * width + x));
            let (low, high) = around.map(|j| other.rgb[j * 3 + channel]).fold((u8::MAX, 0), |(low, high), c| (low.min(c), high.max(c)));
            (low.saturating_sub(NEAR)..=high.saturating_add(NEAR)).contains(&self.rgb[i * 3 + channel])
        })
    }

    /// It, with these pixels in red and everything else pale.
    fn marked(&self, pixels: &[usize]) -> Picture {
        let mut rgb: Vec<u8> = self.rgb.iter().map(|c| 128 + c / 2).collect();
        for i in pixels {
            rgb[i * 3..i * 3 + 3].copy_from_slice(&[220, 0, 0]);
        }
        Picture { size: self.size, rgb }
    }
}

/// What is wrong with a picture; `None` = it is as it was accepted, but for so few pixels.
fn held(name: &str, now: &Picture, few: usize) -> Outcome<Option<String>> {
    let file = format!("{name}.png");
    let accepted = match fs::read(Path::new(ACCEPTED).join(&file)) {
        Ok(bytes) => Picture::read(&bytes)?,
        Err(_) => return Ok(Some(format!("{name}: was never accepted"))),
    };
    let half = now.half();
    if accepted.size != half.size {
        return Ok(Some(format!("{name}: is {:?} large, was {:?}", half.size, accepted.size)));
    }
    let other = accepted.differs(&half);
    if other.len() <= few {
        return Ok(None);
    }
    let dir: PathBuf = xtask::run::target().join("gallery");
    now.write(&dir.join(&file))?;
    half.marked(&other).write(&dir.join(format!("{name}-differs.png")))?;
    Ok(Some(format!("{name}: {} pixels differ, see {}", other.len(), dir.join(&file).display())))
}

/// Photographs these states, each in every look, in a browser of its own for each size, and has axe look at them. Answers the
/// pictures' names and what is wrong with them.
async fn photographed(address: &str, states: &[Shown], accept: bool) -> Outcome<(BTreeSet<String>, Vec<String>)> {
    let axe = Axe::read()?;
    let mut names = BTreeSet::new();
    let mut wrong = vec![];
    let mut checks = vec![];
    for states in states.chunk_by(|a, b| a.size == b.size) {
        let state = tempfile::tempdir()?;
        let w = browser(address, state.path(), states[0].size()?).await?;
        for Shown { state: of, .. } in states {
            w.client.goto(&format!("{address}?state={of}")).await?;
            w.see("html[data-gallery=ready]").await.map_err(|e| format!("{of}: {e}"))?;
            axe.lay(&w).await?;
            for (look, theme, language) in LOOKS {
                w.client.execute_async("look(arguments[0], arguments[1]).then(arguments[2])", vec![theme.into(), language.into()]).await?;
                let picture = w.client.screenshot().await?;
                let name = format!("{of}-{look}");
                names.insert(name.clone());
                // Looked at while axe does, and the next one is made.
                checks.push(tokio::task::spawn_blocking(move || checked(&name, &picture, accept).map_err(|e| format!("{name}: {e}"))));
                let rules: Option<&[&str]> = match look {
                    "dark" => Some(&[]),
                    "light" => Some(axe::COLOURS),
                    // The language changes no role and no colour.
                    _ => None,
                };
                if let Some(rules) = rules {
                    wrong.extend(axe::wrong(&w, rules).await?.iter().map(|what| format!("{of}, {look}: {what}")));
                }
            }
        }
        w.close().await?;
    }
    for check in checks {
        wrong.extend(check.await??);
    }
    Ok((names, wrong))
}

/// Holds a picture against the accepted one, or accepts it.
fn checked(name: &str, picture: &[u8], accept: bool) -> Outcome<Option<String>> {
    let now = Picture::read(picture)?;
    // What counts as the same stays as it was: no picture changes for nothing. But one that is nearly another is taken anew, for the
    // next time it would be another.
    let wrong = held(name, &now, if accept { FEW / 6 } else { FEW })?;
    if accept && wrong.is_some() {
        now.half().rounded().write(&Path::new(ACCEPTED).join(format!("{name}.png")))?;
        return Ok(None);
    }
    Ok(wrong)
}

/// A browser which shows the page, as large as a picture.
async fn browser(address: &str, state: &Path, size: (u32, u32)) -> Outcome<Window> {
    let env = [("TZ", "UTC"), ("LANG", "en_US.UTF-8"), ("LANGUAGE", "en_US")].map(|(k, v)| (k.to_string(), v.to_string()));
    let w = Window::open(state, &Start { browser: true, size: Some(size), env: env.to_vec(), ..Start::default() }).await?;
    w.client.goto(address).await?;
    w.see("a").await?;
    w.fit(size.0, size.1).await?;
    Ok(w)
}

#[tokio::test]
async fn every_state_of_every_screen_looks_as_it_was_accepted() -> Outcome<()> {
    let accept = std::env::var_os("CHANGEOVER_GALLERY_ACCEPT").is_some();
    let only = std::env::var("CHANGEOVER_GALLERY_STATES").unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    let page = Served::start().await?;
    let state = tempfile::tempdir()?;
    let w = browser(&page.address, state.path(), SIZES[0].1).await?;
    let states = w.script("return [...document.querySelectorAll('p')].map((row) => ({ ...row.dataset }))", vec![]);
    let mut states: Vec<Shown> = serde_json::from_value(states.await?)?;
    w.close().await?;
    assert!(states.len() > 90, "the gallery has all states, not only {}", states.len());
    states.retain(|s| only.is_empty() || only.contains(&s.state.as_str()));
    states.sort_by_key(|s| SIZES.iter().position(|(name, _)| *name == s.size));
    let (first, second) = states.split_at(states.len() / 2);
    let of = |states| photographed(&page.address, states, accept);
    let ((mut names, mut wrong), (others, more)) = tokio::try_join!(of(first), of(second))?;
    names.extend(others);
    wrong.extend(more);
    let all = only.is_empty();
    for old in fs::read_dir(ACCEPTED)?.flatten().map(|f| f.path()).filter(|_| all) {
        if old.file_stem().is_some_and(|stem| names.contains(&*stem.to_string_lossy())) {
            continue;
        }
        if accept {
            fs::remove_file(old)?;
        } else {
            wrong.push(format!("{}: of a state that is not there any more", old.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\nLook at them. Pictures that are as they should be: cargo xtask gallery --accept", wrong.join("\n"));
    Ok(())
}

#[test]
fn a_picture_differs_where_a_colour_does_and_not_by_rounding() -> Outcome<()> {
    let of = |left: u8| Picture { size: (4, 2), rgb: [[left; 6], [200; 6], [left; 6], [200; 6]].concat() }.half();
    let kept = of(10).rounded();
    assert_eq!((kept.size, kept.rgb.as_slice()), ((2, 1), [17, 17, 17, 204, 204, 204].as_slice()));
    for same in [9, 10, 26, 33] {
        assert_eq!(kept.differs(&of(same)), Vec::<usize>::new(), "{same}");
    }
    assert_eq!(kept.differs(&of(34)), [0]);
    // An edge that lies one pixel further is the same edge, a line that is gone is not.
    let line = |dark: &[usize]| Picture { size: (5, 1), rgb: (0..5).flat_map(|x| [if dark.contains(&x) { 0 } else { 255 }; 3]).collect() };
    assert_eq!(line(&[0, 1]).differs(&line(&[0, 1, 2])), Vec::<usize>::new());
    assert_eq!(line(&[0, 2]).differs(&line(&[0])), [2]);
    assert_eq!(line(&[0]).differs(&line(&[0, 2])), [2]);
    let dir = tempfile::tempdir()?;
    kept.write(&dir.path().join("a.png"))?;
    assert_eq!(Picture::read(&fs::read(dir.path().join("a.png"))?)?.rgb, kept.rgb);
    Ok(())
}
