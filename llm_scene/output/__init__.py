"""Files that leave: video, frames on a cluster, glTF, subtitles, .blend."""
