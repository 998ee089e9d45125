import ArgumentParser
import AudioDSP
import Foundation
import ScoreDiffusion
import Training

/// Makes the test mixtures that models are measured on; for developers, so not listed.
struct Mixtures: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write noisy mixtures with their clean speech, and utterances without noise.",
        discussion: "Makes noisy/, clean/ and untouched/ in --output, and mixtures.json, which says what is in each.",
        shouldDisplay: false)

    @Option(help: ArgumentHelp("A folder of clean speech, one folder inside it for each speaker.", valueName: "dir"))
    var speech: String
    @Option(help: ArgumentHelp("A folder of noise recordings.", valueName: "dir"))
    var noise: String?
    @Option(help: ArgumentHelp("A folder of impulse responses; what should stay are the first 50 ms.", valueName: "dir"))
    var rooms: String?
    @Option(help: "Mixtures to make.") var count = 40
    @Option(help: "Utterances without noise.") var clean = 10
    @Option(name: .customLong("lowest-snr"), help: "In dB.") var lowestSNR: Float = -5
    @Option(name: .customLong("highest-snr"), help: "In dB.") var highestSNR: Float = 15
    @Option(help: "Samples per second.") var rate = 16_000
    @Option(help: "Seed of the choices.") var seed: UInt64 = 1
    @Option(name: .shortAndLong, help: ArgumentHelp("A folder for the recordings.", valueName: "dir")) var output: String

    func validate() throws {
        if noise == nil, rooms == nil { throw ValidationError("Give --noise, --rooms or both.") }
        if !(1...100_000).contains(count) { throw ValidationError("--count must be from 1 to 100000, not \(count).") }
        if !(0...100_000).contains(clean) { throw ValidationError("--clean must be from 0 to 100000, not \(clean).") }
        if !(lowestSNR <= highestSNR) { throw ValidationError("--lowest-snr \(lowestSNR) is above --highest-snr \(highestSNR).") }
        if !(1000...768_000).contains(rate) { throw ValidationError("--rate must be from 1000 to 768000, not \(rate).") }
    }

    func run() throws {
        var settings = TestSet.Settings()
        (settings.mixtures, settings.cleanUtterances, settings.seed) = (count, clean, seed)
        settings.snr = Interval(lowestSNR, highestSNR)
        func load(_ path: String, _ role: String) throws -> AudioCollection {
            try AudioCollection(loading: AudioFolder(scanning: path, role: role), sampleRate: rate)
        }
        let set = try TestSet(
            speech: load(speech, "speech"), noise: noise.map { try load($0, "noise") }, rooms: rooms.map { try load($0, "rooms") },
            settings: settings)
        for folder in ["noisy", "clean", "untouched"] {
            try FileManager.default.createDirectory(atPath: output + "/" + folder, withIntermediateDirectories: true)
        }
        for item in set.items {
            let (noisy, clean) = try set.samples(of: item)
            if item.isMixture {
                try write(noisy, to: "noisy/\(item.name).wav")
                try write(clean, to: "clean/\(item.name).wav")
            } else {
                try write(clean, to: "untouched/\(item.name).wav")
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(set.items).write(to: URL(fileURLWithPath: output + "/mixtures.json"), options: .atomic)
    }

    private func write(_ samples: [Float], to name: String) throws {
        try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: rate), to: output + "/" + name, format: .wavFloat)
    }
}
