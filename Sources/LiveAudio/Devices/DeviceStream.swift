import CPortAudio
import Foundation

/// One or two devices at work: captures into a ``DeviceBridge``, plays from it.
///
/// Input and output have a stream each, also on one device: joint streams repeat and lose frames on ALSA's plug-ins
/// (PortAudio 19.6 with PulseAudio).
public final class DeviceStream {
    /// One side of what is opened.
    public struct End: Sendable {
        public var device: AudioDevice
        public var channels: Int

        public init(_ device: AudioDevice, channels: Int) { (self.device, self.channels) = (device, channels) }
    }

    public struct Settings: Sendable {
        /// In Hz.
        public var sampleRate: Int
        /// Frames that a device takes or gives at once.
        public var blockFrames: Int
        /// Frames that wait between input and output: the time that the work may take.
        public var margin: Int

        /// - Parameter buffer: seconds of the margin; a block is a quarter of it.
        public init(sampleRate: Int, buffer: Double) {
            self.sampleRate = sampleRate
            blockFrames = max(16, Int(buffer * Double(sampleRate) / 4))
            margin = 4 * blockFrames
        }
    }

    public let bridge: DeviceBridge
    public let settings: Settings
    private let names: [String]
    /// Outlives the streams.
    private let system: AudioSystem
    private var streams: [UnsafeMutableRawPointer] = []
    private var lastCounts = (input: -1, output: -1), lastInput = Date(), lastOutput = Date()

    /// Opens the devices; ``start()`` sets them going.
    ///
    /// - Throws: ``LiveAudioError/deviceRefused(name:reason:)``.
    public init(_ system: AudioSystem, input: End?, output: End?, _ settings: Settings) throws {
        (self.system, self.settings) = (system, settings)
        names = [input, output].compactMap { $0?.device.name }
        bridge = DeviceBridge(
            inputChannels: input?.channels ?? 0, outputChannels: output?.channels ?? 0, margin: settings.margin,
            blockFrames: settings.blockFrames, capacity: max(2 * settings.sampleRate, 4 * settings.margin))
        if let input { try open(input, .input) }
        if let output { try open(output, .output) }
    }

    deinit {
        StandardErrorGuard.silenced {
            for stream in streams {
                Pa_AbortStream(stream)
                Pa_CloseStream(stream)
            }
        }
    }

    public func start() throws {
        for stream in streams {
            let code = StandardErrorGuard.silenced { Pa_StartStream(stream) }
            guard code == paNoError.rawValue else {
                throw LiveAudioError.deviceRefused(name: names.joined(separator: " with "), reason: AudioSystem.text(code))
            }
        }
        (lastInput, lastOutput) = (Date(), Date())
    }

    /// Seconds that the devices and what drives them add before the input and after the output, as they state it.
    public var deviceLatency: Double {
        streams.reduce(0) { sum, stream in
            guard let info = Pa_GetStreamInfo(stream)?.pointee else { return sum }
            return sum + info.inputLatency + info.outputLatency
        }
    }

    /// Asked now and then, by one thread.
    ///
    /// - Throws: ``LiveAudioError/deviceVanished(name:)`` when a device stopped by itself, or has not called for three seconds.
    public func requireAlive() throws {
        let counts = bridge.callbackCounts, now = Date()
        if counts.input != lastCounts.input || bridge.inputChannels == 0 { lastInput = now }
        if counts.output != lastCounts.output || bridge.outputChannels == 0 { lastOutput = now }
        lastCounts = counts
        let isActive = streams.allSatisfy { Pa_IsStreamActive($0) == 1 }
        guard isActive, now.timeIntervalSince(min(lastInput, lastOutput)) < 3 else {
            throw LiveAudioError.deviceVanished(name: names.joined(separator: " or "))
        }
    }

    private func open(_ end: End, _ direction: AudioDevice.Direction) throws {
        let index = PaDeviceIndex(end.device.index), info = Pa_GetDeviceInfo(index)?.pointee
        let latency = direction == .input ? info?.defaultLowInputLatency : info?.defaultLowOutputLatency
        var parameters = PaStreamParameters(
            device: index, channelCount: Int32(end.channels), sampleFormat: DeviceStream.float32,
            suggestedLatency: latency ?? 0.02, hostApiSpecificStreamInfo: nil)
        let isInput = direction == .input
        var stream: UnsafeMutableRawPointer?
        let code = StandardErrorGuard.silenced {
            withUnsafePointer(to: &parameters) {
                Pa_OpenStream(
                    &stream, isInput ? $0 : nil, isInput ? nil : $0, Double(settings.sampleRate), UInt(settings.blockFrames),
                    DeviceStream.noClipping, exchange, Unmanaged.passUnretained(bridge).toOpaque())
            }
        }
        guard code == paNoError.rawValue, let stream else {
            throw LiveAudioError.deviceRefused(name: end.device.name, reason: AudioSystem.text(code))
        }
        streams.append(stream)
    }

    // Macros with casts, which Swift does not see: paFloat32, paClipOff.
    private static let float32: PaSampleFormat = 1
    private static let noClipping: PaStreamFlags = 1
}

/// PortAudio's callback.
private func exchange(
    _ input: UnsafeRawPointer?, _ output: UnsafeMutableRawPointer?, _ frames: UInt,
    _: UnsafePointer<PaStreamCallbackTimeInfo>?, _: PaStreamCallbackFlags, _ bridge: UnsafeMutableRawPointer?
) -> Int32 {
    guard let bridge else { return Int32(paAbort.rawValue) }
    Unmanaged<DeviceBridge>.fromOpaque(bridge)._withUnsafeGuaranteedRef {
        $0.exchange(
            input: input?.assumingMemoryBound(to: Float.self), output: output?.assumingMemoryBound(to: Float.self),
            frames: Int(frames))
    }
    return Int32(paContinue.rawValue)
}
