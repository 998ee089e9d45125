import AudioDSP
import Foundation
import LiveAudio

/// The source and the sink of a stream: pipes, files and devices.
final class StreamEnds {
    let source: any FrameSource
    let sink: any FrameSink
    /// Where devices take part.
    let devices: DeviceStream?
    private let outputFile: FileHandle?

    /// Opens input and output.
    ///
    /// - Parameter isStopRequested: asked now and then by whatever waits long.
    /// - Throws: `LiveAudioError`, `AudioFileError`.
    init(_ options: StreamOptions, isStopRequested: @escaping @Sendable () -> Bool) throws {
        let system = options.usesInputDevice || options.usesOutputDevice ? try AudioSystem() : nil
        let inputDevice = try options.usesInputDevice ? system?.device(options.inputDevice, for: .input) : nil
        let pipe = try inputDevice == nil ? PipeSource(SampleByteStream(path: options.input ?? "-"), raw: options.raw) : nil
        let outputDevice = try options.usesOutputDevice ? system?.device(options.outputDevice, for: .output) : nil

        let rate = pipe?.sampleRate ?? options.rate ?? inputDevice?.defaultSampleRate ?? 48_000
        let channels = pipe?.channels ?? options.channels
            ?? min(2, inputDevice?.inputChannels ?? 2, outputDevice?.outputChannels ?? 2)
        if let system {
            let stream = try DeviceStream(
                system, input: inputDevice.map { .init($0, channels: channels) },
                output: outputDevice.map { .init($0, channels: channels) }, .init(sampleRate: rate, buffer: options.buffer / 1000))
            devices = stream
            source = pipe ?? DeviceSource(stream.bridge, name: inputDevice?.name ?? "", sampleRate: rate) as any FrameSource
            if let outputDevice {
                sink = DeviceSink(stream.bridge, name: outputDevice.name, sampleRate: rate, isStopRequested: isStopRequested)
                outputFile = nil
                return
            }
        } else {
            devices = nil
            source = pipe!
        }
        outputFile = try options.output.map { try Self.create($0, besides: options.input) }
        // From a device WAV is written, unless raw samples are asked for.
        let header = pipe == nil && options.format == nil
            ? WaveStreamHeader(.integer16, channels: channels, sampleRate: rate) : pipe?.header
        sink = PipeSink(
            descriptor: outputFile?.fileDescriptor ?? STDOUT_FILENO, name: options.output ?? "standard output",
            format: pipe?.format ?? options.format ?? .s16le, sampleRate: rate, channels: channels,
            header: header, isStopRequested: isStopRequested)
    }

    private static func create(_ path: String, besides input: String?) throws -> FileHandle {
        func identity(_ path: String) -> [UInt]? {
            var status = stat()
            return stat(path, &status) == 0 ? [UInt(status.st_dev), UInt(status.st_ino)] : nil
        }
        if let input, let own = identity(path), own == identity(input) {
            throw CommandFailure("\(path) is the input; a stream cannot be written over itself.")
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw LiveAudioError.writeFailed(path: path, reason: String(cString: strerror(errno)))
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
