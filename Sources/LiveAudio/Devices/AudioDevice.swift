/// A device of the sound system.
public struct AudioDevice: Sendable, Codable, Equatable {
    /// Its number, which ``AudioSystem/device(_:for:)`` takes as well as its name.
    public var index: Int
    public var name: String
    /// The part of the system that it belongs to, such as ALSA.
    public var hostAPI: String
    /// The most channels, 0 where it has none.
    public var inputChannels: Int, outputChannels: Int
    /// In Hz.
    public var defaultSampleRate: Int
    public var isDefaultInput = false, isDefaultOutput = false

    /// What a device is to do.
    public enum Direction: String, Sendable {
        case input, output
    }

    public func channels(_ direction: Direction) -> Int { direction == .input ? inputChannels : outputChannels }
    func isDefault(_ direction: Direction) -> Bool { direction == .input ? isDefaultInput : isDefaultOutput }
}

extension [AudioDevice] {
    /// The device that a user means.
    ///
    /// - Parameter query: a number, a name, or a part of one in any case; nil is the default device.
    /// - Throws: ``LiveAudioError/noDevice(name:fix:)``, ``LiveAudioError/ambiguousDevice(name:candidates:)``.
    func find(_ query: String?, for direction: AudioDevice.Direction) throws -> AudioDevice {
        let able = filter { $0.channels(direction) > 0 }
        guard let query else {
            if let device = able.first(where: { $0.isDefault(direction) }) ?? able.first { return device }
            throw LiveAudioError.missing(direction)
        }
        if let index = Int(query), let device = able.first(where: { $0.index == index }) { return device }
        if let exact = able.first(where: { $0.name == query }) { return exact }
        let lowered = query.lowercased()
        let found = able.filter { $0.name.lowercased().contains(lowered) }
        switch found.count {
        case 1: return found[0]
        case 0 where able.isEmpty: throw LiveAudioError.missing(direction)
        case 0: throw LiveAudioError.noDevice(name: query, fix: "--list-devices shows what there is.")
        default: throw LiveAudioError.ambiguousDevice(name: query, candidates: found.map(\.name))
        }
    }
}

extension LiveAudioError {
    static func missing(_ direction: AudioDevice.Direction) -> LiveAudioError {
        switch direction {
        case .input: .noInputDevice
        case .output: .noOutputDevice
        }
    }

    public static let noInputDevice = LiveAudioError.noDeviceAtAll(
        direction: .input, fix: "give --input FILE or pipe audio in.")
    public static let noOutputDevice = LiveAudioError.noDeviceAtAll(
        direction: .output, fix: "give --output FILE or pipe the result on.")
}
