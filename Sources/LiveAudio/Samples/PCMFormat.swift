import AudioDSP

/// How raw samples are stored, by the names that `ffmpeg` and `aplay` users know.
public enum PCMFormat: String, Sendable, Codable, CaseIterable {
    case u8, s16le, s16be, s24le, s24be, s32le, s32be, f32le, f32be, f64le, f64be

    public init?(_ encoding: SampleEncoding, isBigEndian: Bool) {
        switch encoding {
        case .unsigned8: self = .u8
        case .integer16: self = isBigEndian ? .s16be : .s16le
        case .integer24: self = isBigEndian ? .s24be : .s24le
        case .integer32: self = isBigEndian ? .s32be : .s32le
        case .float32: self = isBigEndian ? .f32be : .f32le
        case .float64: self = isBigEndian ? .f64be : .f64le
        default: return nil
        }
    }

    public var encoding: SampleEncoding {
        switch self {
        case .u8: .unsigned8
        case .s16le, .s16be: .integer16
        case .s24le, .s24be: .integer24
        case .s32le, .s32be: .integer32
        case .f32le, .f32be: .float32
        case .f64le, .f64be: .float64
        }
    }

    public var isBigEndian: Bool { rawValue.hasSuffix("be") }
    public var isFloatingPoint: Bool { encoding.isFloatingPoint }

    public var bytesPerSample: Int {
        switch self {
        case .u8: 1
        case .s16le, .s16be: 2
        case .s24le, .s24be: 3
        case .s32le, .s32be, .f32le, .f32be: 4
        case .f64le, .f64be: 8
        }
    }
}
