import AudioDSP
import Foundation
import NeuralCore

/// The pictures and sounds of a report, in a folder beside it.
struct ReportMedia {
    /// What a pair shows; paths are relative to the report.
    struct Entry: Sendable {
        var picture: String?
        /// "Reference", "Input", "Estimate" with what a browser can play.
        var players: [(label: String, path: String)]
        var problem: String?
    }

    /// The folder's path, and its name as the report's links have it.
    private let folder: String
    private let name: String

    /// `report.html` has its media in `report_files`.
    init(besides report: String) throws {
        let url = URL(fileURLWithPath: report)
        name = url.deletingPathExtension().lastPathComponent + "_files"
        folder = url.deletingLastPathComponent().appendingPathComponent(name).path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("The folder \(folder) cannot be made: \(error.localizedDescription)")
        }
    }

    /// Draws and copies what belongs to the results, several pairs at a time.
    func write(
        _ results: [Evaluation.Result], isCancelled: @escaping @Sendable () -> Bool
    ) throws -> [Entry] {
        let entries = parallelMap(results.count) { index -> Swift.Result<Entry, any Error>? in
            guard !isCancelled() else { return nil }
            return Swift.Result { try entry(results[index], stem: Self.stem(index, results[index].pair.name)) }
        }
        return try entries.map { entry in
            guard let entry else { throw CancellationError() }
            return try entry.get()
        }
    }

    /// Recordings that cannot be decoded have no picture; a disk that is full is an error.
    private func entry(_ result: Evaluation.Result, stem: String) throws -> Entry {
        let pair = result.pair
        let sources = [("Reference", pair.reference), ("Input", pair.input), ("Estimate", pair.estimate)]
            .compactMap { label, path in path.map { (label: label, path: $0) } }
        var entry = Entry(players: [])
        do {
            for source in sources {
                let sound = try AudioFile.read(source.path)
                guard sound.frameCount > 0 else { continue }
                entry.players.append((source.label, try copy(sound, stem: "\(stem)-\(source.label.lowercased())")))
            }
            let drawn = sources.filter { source in entry.players.contains { $0.label == source.label } }
            guard !drawn.isEmpty else { return entry }
            var drawing = RecordingPicture()
            drawing.panelWidth = 640
            var picture = try drawing.picture(of: drawn.map(\.path), titles: drawn.map(\.label))
            picture.rowHeights = drawn.map { _ in 130 }
            try OutputFile.write(picture.drawn(as: .png).encoded(), to: OutputPlan.join(folder, "\(stem).png"))
            entry.picture = link("\(stem).png")
        } catch let error as AudioFileError {
            entry.problem = error.localizedDescription
        }
        return entry
    }

    /// A file that browsers play, whatever the original is: FLAC, or WAV where that cannot hold it.
    private func copy(_ sound: AudioBuffer, stem: String) throws -> String {
        let fitsFLAC = sound.sampleRate <= 192_000 && sound.channels.count <= 8
        let file = stem + (fitsFLAC ? ".flac" : ".wav")
        try AudioFile.write(sound, to: OutputPlan.join(folder, file))
        return link(file)
    }

    private func link(_ file: String) -> String {
        "\(name)/\(file)".addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? "\(name)/\(file)"
    }

    /// "0007-p287_003": unique, and fit for every file system.
    private static func stem(_ index: Int, _ name: String) -> String {
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "-" }
        return String(format: "%04d-", index + 1) + String(plain.prefix(60))
    }
}
