import Foundation

/// A PulseAudio of the test's own, with a null sink as microphone and one as loudspeaker.
final class SoundServer {
    static let programs = ["pulseaudio", "pacat", "parec"]
    static let isInstalled = programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) }
        && FileManager.default.fileExists(atPath: "/usr/share/alsa/alsa.conf")
    static let absence = "PulseAudio or its ALSA plug-in is not installed, so no device is tried. On Debian: apt-get install pulseaudio pulseaudio-utils libasound2-plugins."

    let folder: URL
    private let server: Child
    private let environment: [String]
    private var socket: String { folder.appendingPathComponent("native").path }
    /// What PortAudio needs to see the two devices.
    var alsaConfiguration: String { "/usr/share/alsa/alsa.conf:" + folder.appendingPathComponent("asound.conf").path }

    init(sampleRate: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-pulse-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        self.folder = folder
        let configuration = ["microphone": "microphone.monitor", "loudspeaker": "loudspeaker"].map { name, device in
            "pcm.test_\(name) { type pulse server \"unix:\(folder.path)/native\" device \"\(device)\" }\n"
        }
        try configuration.joined().write(to: folder.appendingPathComponent("asound.conf"), atomically: true, encoding: .utf8)
        let sinks = ["microphone", "loudspeaker"].flatMap {
            ["-L", "module-null-sink sink_name=\($0) rate=\(sampleRate) channels=1 format=float32le"]
        }
        environment = ["PATH=/usr/bin:/bin", "HOME=\(folder.path)", "XDG_RUNTIME_DIR=\(folder.path)", "XDG_CONFIG_HOME=\(folder.path)"]
        server = try Child(
            "pulseaudio",
            [
                "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no", "--high-priority=no",
                "-L", "module-native-protocol-unix socket=\(folder.path)/native auth-anonymous=1 auth-cookie-enabled=0",
            ] + sinks, environment: environment)
        let deadline = Date() + 20
        while !FileManager.default.fileExists(atPath: socket), Date() < deadline { usleep(20_000) }
    }

    func stop() { server.end() }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts one of the server's clients.
    func client(_ program: String, _ arguments: [String], input: URL? = nil, output: URL? = nil) throws -> Child {
        try Child(
            program, ["--server=unix:\(socket)", "--raw"] + arguments, environment: environment, input: input?.path,
            output: output?.path)
    }
}

/// A program of the system, without Foundation's run loop.
final class Child {
    struct Failure: Error {
        var program: String
        var code: Int32
    }

    private var identifier: pid_t = 0

    init(_ program: String, _ arguments: [String], environment: [String], input: String? = nil, output: String? = nil) throws {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input ?? "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output ?? "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words = ([program] + arguments).map { strdup($0) } + [nil], variables = environment.map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        let code = posix_spawn(&identifier, "/usr/bin/" + program, &files, nil, &words, &variables)
        guard code == 0 else { throw Failure(program: program, code: code) }
    }

    deinit { end() }

    /// Waits for the end, some seconds at most.
    func wait(seconds: Double) {
        let deadline = Date() + seconds
        while identifier > 0, Date() < deadline {
            if waitpid(identifier, nil, WNOHANG) != 0 { identifier = 0 } else { usleep(10_000) }
        }
    }

    func end() {
        guard identifier > 0 else { return }
        kill(identifier, SIGTERM)
        wait(seconds: 5)
        guard identifier > 0 else { return }
        kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
        identifier = 0
    }
}
