import AudioDSP
import Foundation
import NeuralCore
import TestSupport

/// A folder that disappears with its owner.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}

/// Builds RIFF files chunk by chunk, sound or not.
struct RIFFBytes {
    var bytes: [UInt8] = []

    init(form: String = "RIFF", size: UInt32? = nil) {
        bytes = Array(form.utf8) + Self.u32(size ?? 0) + Array("WAVE".utf8)
        patchesSize = size == nil
    }

    private var patchesSize: Bool

    mutating func chunk(_ identifier: String, _ body: [UInt8], claims size: UInt32? = nil, pads: Bool = true) {
        bytes += Array(identifier.utf8) + Self.u32(size ?? UInt32(body.count)) + body
        if body.count % 2 == 1, pads { bytes.append(0) }
        if patchesSize { bytes.replaceSubrange(4..<8, with: Self.u32(UInt32(bytes.count - 8))) }
    }

    mutating func format(tag: UInt16 = 1, channels: UInt16 = 1, rate: UInt32 = 16_000, bits: UInt16 = 16) {
        let align = UInt32(channels) * UInt32(bits / 8)
        chunk("fmt ", Self.u16(tag) + Self.u16(channels) + Self.u32(rate) + Self.u32(rate &* align) + Self.u16(UInt16(truncatingIfNeeded: align)) + Self.u16(bits))
    }

    mutating func data(_ samples: [Int16], claims size: UInt32? = nil) {
        chunk("data", samples.flatMap { Self.u16(UInt16(bitPattern: $0)) }, claims: size)
    }

    static func u16(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }
    static func u32(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
}

/// Repeatable noise in [-amplitude, amplitude].
func testNoise(_ count: Int, seed: UInt64, amplitude: Float = 0.9) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return (Float(state >> 40) / Float(1 << 23) - 1) * amplitude
    }
}

/// A sum of tones, for codecs that do not keep noise.
func tones(_ count: Int, rate: Int, phase: Double = 0) -> [Float] {
    (0..<count).map { index in
        let time = Double(index) / Double(rate)
        return Float(0.3 * sin(2 * .pi * 440 * time + phase) + 0.2 * sin(2 * .pi * 1_250 * time))
    }
}

/// Rounds samples to what `bits`-bit integers can hold.
func onGrid(_ samples: [Float], bits: Int) -> [Float] {
    let scale = Double(UInt64(1) << UInt64(bits - 1))
    return samples.map { Float((Double($0) * scale).rounded(.toNearestOrEven) / scale) }
}

/// The manifests of `dsp/files` and everything below it, in every reference folder.
struct ManifestEntry: Sendable, CustomStringConvertible {
    let path: String
    let entry: JSONValue
    var description: String { URL(fileURLWithPath: path).lastPathComponent }

    static let sound = load("files", isBroken: false)
    static let broken = load("files", isBroken: true)

    private static func load(_ name: String, isBroken: Bool) -> [ManifestEntry] {
        var result: [ManifestEntry] = []
        for root in Fixture.referenceFolders {
            let top = root.appendingPathComponent("dsp/files")
            guard let found = FileManager.default.enumerator(atPath: top.path) else { continue }
            for case let item as String in found where item.hasSuffix("manifest.json") {
                let manifest = top.appendingPathComponent(item)
                guard let data = try? Data(contentsOf: manifest), let json = try? JSONValue(parsing: [UInt8](data)),
                    let files = json["files"].array
                else { fatalError("\(manifest.path) is no manifest") }
                for entry in files where (entry["should"].string != nil) == isBroken {
                    guard let file = entry["file"].string else { fatalError("an entry of \(manifest.path) names no file") }
                    let folder = manifest.deletingLastPathComponent()
                    let candidates = [folder, folder.deletingLastPathComponent()].map { $0.appendingPathComponent(file).path }
                    guard let path = candidates.first(where: FileManager.default.fileExists) else {
                        fatalError("\(file) of \(manifest.path) is missing")
                    }
                    result.append(ManifestEntry(path: path, entry: entry))
                }
            }
        }
        guard !result.isEmpty else { fatalError("There is no manifest of audio files.") }
        return result
    }
}

/// The error that `body` throws, as one line for the user.
func message(of body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return error.localizedDescription
    }
}

/// Seconds of processor time of this thread, which a busy machine does not stretch.
func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
