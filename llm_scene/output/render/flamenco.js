// Flamenco 3 job type of LLM Scene: renders the film of a farm folder's scene.blend in chunks of frames,
// then makes the video of them. Put it into the folder `scripts` beside flamenco-manager.

const JOB_TYPE = {
    label: "LLM Scene Film",
    description: "Render the frames of an LLM Scene film, then make the video of them",
    settings: [
        {
            key: "frames", type: "string", required: true,
            eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'",
            evalInfo: { showLinkButton: true, description: "All frames of the film" },
            description: "Frames to render, for example 0-99 or 5,10-20",
        },
        {
            key: "chunk_size", type: "int32", default: 10, propargs: { min: 1, max: 1000 }, visible: "submission",
            description: "Frames that one task renders",
        },
        {
            key: "render_output_root", type: "string", subtype: "dir_path", required: true, visible: "submission",
            description: "A folder that all workers can write to",
        },
        {
            key: "render_output_path", type: "string", subtype: "file_path", editable: false,
            eval: "str(Path(abspath(settings.render_output_root), jobname, 'frames', '#####'))",
            description: "Where the frames go; a job of the same name goes on with those that are there",
        },
        { key: "blendfile", type: "string", required: true, visible: "web", description: "The scene" },
        { key: "scene", type: "string", eval: "C.scene.name", visible: "web", description: "Its name in the file" },
        { key: "fps", type: "float", eval: "C.scene.render.fps / C.scene.render.fps_base", visible: "hidden" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const film = filmTask(settings);
    for (const chunk of frameChunker(settings.frames, settings.chunk_size)) {
        const task = renderTask(settings, chunk);
        job.addTask(task);
        film.addDependency(task);
    }
    job.addTask(film);
}

// One Blender for a chunk of frames. No other task has the same ones, so they need no placeholders: a
// worker that was killed would leave empty ones behind, which the next one would take for finished.
function renderTask(settings, chunk) {
    const task = author.Task(`render-${chunk}`, "blender");
    const scene = settings.scene ? ["--scene", settings.scene] : [];
    task.addCommand(author.Command("blender-render", {
        exe: "{blender}",
        exeArgs: "{blenderArgs}",
        argsBefore: [],
        blendfile: settings.blendfile,
        args: [
            ...scene,
            "--python-expr", "import bpy; bpy.context.scene.render.use_placeholder = False",
            "--render-output", settings.render_output_path,
            "--render-format", "PNG",
            "--render-frame", chunk.split("-").join(".."),
        ],
    }));
    return task;
}

function filmTask(settings) {
    const folder = path.dirname(settings.render_output_path);
    const task = author.Task("film", "ffmpeg");
    task.addCommand(author.Command("frames-to-video", {
        exe: "ffmpeg",
        fps: settings.fps,
        inputGlob: path.join(folder, "*.png"),
        outputFile: path.join(path.dirname(folder), "film.mp4"),
        args: [
            "-c:v", "h264", "-crf", "18", "-g", `${Math.round(settings.fps)}`, "-pix_fmt", "yuv420p",
            "-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", // H.264 needs even sizes
            "-r", `${settings.fps}`, "-movflags", "+faststart", "-y",
        ],
    }));
    return task;
}
