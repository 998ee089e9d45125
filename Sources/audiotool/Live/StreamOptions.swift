import ArgumentParser
import AudioDSP
import Foundation
import LiveAudio

extension PCMFormat: ExpressibleByArgument {}

/// What all streaming commands take: where the sound comes from and goes to.
struct StreamOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read a file or named pipe instead of standard input.", valueName: "file"), completion: .file())
    var input: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Write a file instead of standard output.", valueName: "file"), completion: .file())
    var output: String?
    @Option(help: ArgumentHelp("Raw samples of this format instead of WAV.", valueName: "name")) var format: PCMFormat?
    @Option(help: ArgumentHelp("Sample rate of raw samples or devices.", valueName: "Hz")) var rate: Int?
    @Option(help: "Channels of raw samples (1 if left out) or devices (2).") var channels: Int?
    @Option(help: ArgumentHelp("Listen to this device: a number or part of its name.", valueName: "name")) var inputDevice: String?
    @Option(help: ArgumentHelp("Play on this device: a number or part of its name.", valueName: "name")) var outputDevice: String?
    @Flag(help: "Print the devices and end.") var listDevices = false
    @Option(help: ArgumentHelp("Sound that waits between devices, 5 to 1000; less is earlier, more is safer.", valueName: "ms"))
    var buffer = 40.0
    @Option(help: "How much of the effect, 0 (as it came) to 1.") var strength = 1.0
    @Flag(help: "Leave out the first frames and add the last, so that output and input lie in time.") var compensate = false
    @Option(help: ArgumentHelp("An installed model (see 'audiotool models') or a file.", valueName: "name")) var model: String?
    @Flag(help: "Print the counts at the end as JSON; on standard error while the sound takes standard output.") var json = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if input != nil, inputDevice != nil { throw ValidationError("--input and --input-device contradict each other.") }
        if output != nil, outputDevice != nil { throw ValidationError("--output and --output-device contradict each other.") }
        if let rate, !AudioFileLimits.sampleRates.contains(rate) {
            throw ValidationError("--rate must be from 1000 to 768000, not \(rate).")
        }
        if let channels, !(1...64).contains(channels) { throw ValidationError("--channels must be from 1 to 64, not \(channels).") }
        guard (5...1000).contains(buffer) else { throw ValidationError("--buffer must be from 5 to 1000, not \(buffer).") }
        guard (0...1).contains(strength) else { throw ValidationError("--strength must be from 0 to 1, not \(strength).") }
        if format != nil, rate == nil, !usesInputDevice { throw ValidationError("--format needs --rate as well.") }
        if compensate, usesInputDevice || usesOutputDevice {
            throw ValidationError("--compensate is for files and pipes: a device cannot play what has not sounded yet.")
        }
    }

    /// Devices are taken where they are named, and where there is nothing else: no file and no pipe.
    var usesInputDevice: Bool { inputDevice != nil || input == nil && isatty(STDIN_FILENO) != 0 }
    var usesOutputDevice: Bool { outputDevice != nil || output == nil && isatty(STDOUT_FILENO) != 0 }
    /// Whether the sound takes standard output.
    var soundIsStandardOutput: Bool { !usesOutputDevice && output == nil }

    /// Raw samples, where they are said to be that.
    var raw: PipeSource.RawLayout? {
        guard let format, let rate else { return nil }
        return PipeSource.RawLayout(format: format, sampleRate: rate, channels: channels ?? 1)
    }
}
