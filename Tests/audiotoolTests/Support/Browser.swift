import Foundation
import Testing

/// Headless Chromium, driven over its debugging pipe.
final class Browser {
    /// Chromium's program, or nil where it is not installed.
    static let program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static let absence: Comment =
        "Chromium is not installed, so the report is not opened. On Debian: apt-get install chromium."

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let process = Process()
    private let commands = Pipe(), answers = Pipe()
    private let profile = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-browser-\(UUID().uuidString)")
    private var received = Data()
    private var lastIdentifier = 0
    private var session: String?
    /// What went wrong on the page: uncaught exceptions, files that could not be loaded.
    private(set) var complaints: [String] = []

    /// Opens a page from disk and waits until it is loaded.
    init(opening path: String, width: Int = 1280, height: Int = 1600) throws {
        guard let program = Self.program else { throw Failure(description: "There is no Chromium.") }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Chromium takes its orders on descriptor 3 and answers on 4.
        process.arguments = [
            "-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1", program, "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--mute-audio", "--remote-debugging-pipe",
            "--user-data-dir=\(profile.path)", "--window-size=\(width),\(height)",
        ]
        process.standardInput = commands
        process.standardOutput = answers
        signal(SIGPIPE, SIG_IGN)
        try process.run()
        let process = process
        // Whatever hangs ends after a minute and a half, and the test fails.
        DispatchQueue.global().asyncAfter(deadline: .now() + 90) { if process.isRunning { process.terminate() } }
        let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"]
        session = try call("Target.attachToTarget", ["targetId": target ?? "", "flatten": true])["sessionId"] as? String
        for domain in ["Page", "Runtime", "Log"] { _ = try call("\(domain).enable") }
        _ = try call("Page.navigate", ["url": URL(fileURLWithPath: path).absoluteString])
        try wait(for: "document.readyState === 'complete' && location.protocol === 'file:'")
    }

    deinit {
        _ = try? call("Browser.close")
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: profile)
    }

    /// The value of a JavaScript expression; promises are waited for.
    func evaluate(_ expression: String) throws -> Any? {
        let answer = try call("Runtime.evaluate", ["expression": expression, "returnByValue": true, "awaitPromise": true])
        if let exception = answer["exceptionDetails"] { throw Failure(description: "\(expression): \(exception)") }
        return (answer["result"] as? [String: Any])?["value"]
    }

    func wait(for condition: String) throws {
        for _ in 0..<200 {
            if try evaluate(condition) as? Bool == true { return }
            usleep(50_000)
        }
        throw Failure(description: "This did not become true: \(condition)")
    }

    /// Presses the mouse button in the middle of an element.
    func click(_ selector: String) throws {
        let place = try evaluate(
            """
            (() => { const e = document.querySelector(\(selector.debugDescription)); e.scrollIntoView({ block: 'center' });
              const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()
            """)
        guard let point = (place as? [Any])?.compactMap({ ($0 as? NSNumber)?.doubleValue }), point.count == 2 else {
            throw Failure(description: "There is no \(selector).")
        }
        for kind in ["mousePressed", "mouseReleased"] {
            _ = try call(
                "Input.dispatchMouseEvent", ["type": kind, "x": point[0], "y": point[1], "button": "left", "clickCount": 1])
        }
    }

    /// What the window shows, as PNG.
    func screenshot() throws -> Data {
        let answer = try call("Page.captureScreenshot", ["format": "png"])
        guard let data = (answer["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else {
            throw Failure(description: "There is no screenshot.")
        }
        return data
    }

    private func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
        lastIdentifier += 1
        var message: [String: Any] = ["id": lastIdentifier, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        try commands.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: message) + [0])
        while true {
            let answer = try next()
            note(answer)
            guard (answer["id"] as? NSNumber)?.intValue == lastIdentifier else { continue }
            if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
            return answer["result"] as? [String: Any] ?? [:]
        }
    }

    private func note(_ message: [String: Any]) {
        let parameters = message["params"] as? [String: Any] ?? [:]
        switch message["method"] as? String {
        case "Runtime.exceptionThrown": complaints.append("\(parameters)")
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any]
            if entry?["level"] as? String == "error" { complaints.append("\(entry ?? [:])") }
        default: break
        }
    }

    private func next() throws -> [String: Any] {
        while true {
            if let end = received.firstIndex(of: 0) {
                let message = received[..<end]
                received = Data(received[(end + 1)...])
                return try JSONSerialization.jsonObject(with: Data(message)) as? [String: Any] ?? [:]
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Failure(description: "Chromium ended early.") }
            received.append(more)
        }
    }
}
