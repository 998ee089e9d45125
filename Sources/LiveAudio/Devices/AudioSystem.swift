import CPortAudio

/// PortAudio, from its start to its end. One at a time.
public final class AudioSystem {
    public let devices: [AudioDevice]

    /// - Throws: ``LiveAudioError/noAudioSystem(reason:)``.
    public init() throws {
        let code = StandardErrorGuard.silenced { Pa_Initialize() }
        guard code == paNoError.rawValue else { throw LiveAudioError.noAudioSystem(reason: Self.text(code)) }
        devices = Self.list()
    }

    deinit { StandardErrorGuard.silenced { _ = Pa_Terminate() } }

    /// The device that a user means.
    ///
    /// - Parameter query: a number, a name, or a part of one in any case; nil is the default device.
    /// - Throws: ``LiveAudioError/noDevice(name:fix:)``, ``LiveAudioError/noDeviceAtAll(direction:fix:)``,
    ///   ``LiveAudioError/ambiguousDevice(name:candidates:)``.
    public func device(_ query: String?, for direction: AudioDevice.Direction) throws -> AudioDevice {
        try devices.find(query, for: direction)
    }

    private static func list() -> [AudioDevice] {
        let (input, output) = (Pa_GetDefaultInputDevice(), Pa_GetDefaultOutputDevice())
        return (0..<max(0, Pa_GetDeviceCount())).compactMap { index in
            guard let info = Pa_GetDeviceInfo(index)?.pointee else { return nil }
            return AudioDevice(
                index: Int(index), name: String(cString: info.name),
                hostAPI: Pa_GetHostApiInfo(info.hostApi).map { String(cString: $0.pointee.name) } ?? "",
                inputChannels: Int(info.maxInputChannels), outputChannels: Int(info.maxOutputChannels),
                defaultSampleRate: Int(info.defaultSampleRate.rounded()),
                isDefaultInput: index == input, isDefaultOutput: index == output)
        }
    }

    static func text(_ code: PaError) -> String {
        let text = Pa_GetErrorText(code).map { String(cString: $0) } ?? "error \(code)"
        guard code == paUnanticipatedHostError.rawValue, let info = Pa_GetLastHostErrorInfo()?.pointee, let detail = info.errorText
        else { return text }
        return "\(text) (\(String(cString: detail)))"
    }
}
