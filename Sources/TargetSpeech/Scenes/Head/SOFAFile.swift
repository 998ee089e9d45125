import CMysofa
import Foundation

/// Head-related impulse responses in a SOFA file (AES69), read by libmysofa.
struct SOFAFile: ~Copyable {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    /// Larger files are not head-related responses, and are not given to the library.
    private static let largestSize = 1 << 30
    private static let mostValues = 1 << 28

    private let path: String
    private let raw: UnsafeMutablePointer<MYSOFA_HRTF>

    /// - Throws: `SceneError.unusableResponses` naming the file.
    init(reading path: String) throws {
        self.path = path
        try Self.checkSignature(path)
        var code: Int32 = 0
        guard let raw = mysofa_load(path, &code) else {
            throw SceneError.unusableResponses(path: path, reason: Self.explain(code))
        }
        self.raw = raw
    }

    deinit { mysofa_free(raw) }

    /// All measurements, in the file's order.
    func measurements() throws -> [MeasuredResponse] {
        let code = mysofa_check(raw)
        guard code == Int32(MYSOFA_OK) else { throw refuse(Self.explain(code)) }
        mysofa_tospherical(raw)
        let hrtf = raw.pointee
        let (count, taps) = (Int(hrtf.M), Int(hrtf.N))
        guard hrtf.R == 2 else { throw refuse("it has \(hrtf.R) receivers and two ears are needed") }
        guard count > 0, taps > 0, count <= Self.mostValues / taps / 2, Int(hrtf.DataIR.elements) == 2 * count * taps,
            let samples = hrtf.DataIR.values, Int(hrtf.SourcePosition.elements) == 3 * count,
            let positions = hrtf.SourcePosition.values
        else { throw refuse("its dimensions do not fit its data") }
        guard hrtf.DataSamplingRate.elements > 0, let rate = hrtf.DataSamplingRate.values?[0], (4000...768_000).contains(rate) else {
            throw refuse("its sample rate is missing or outside 4 to 768 kHz")
        }
        let delayCount = Int(hrtf.DataDelay.elements), delays = hrtf.DataDelay.values
        return try (0..<count).map { index in
            func ear(_ ear: Int) throws -> [Float] {
                let start = (2 * index + ear) * taps
                let values = Array(UnsafeBufferPointer(start: samples + start, count: taps))
                guard values.allSatisfy(\.isFinite) else { throw refuse("measurement \(index) holds samples that are no numbers") }
                return values
            }
            func delay(_ ear: Int) throws -> Double {
                guard let delays else { return 0 }
                let place = delayCount == 2 * count ? 2 * index + ear : delayCount == 2 ? ear : nil
                let value = place.map { Double(delays[$0]) } ?? 0
                guard (0...1e5).contains(value) else { throw refuse("measurement \(index) is delayed by \(value) samples") }
                return value
            }
            let (azimuth, elevation) = (positions[3 * index], positions[3 * index + 1])
            guard azimuth.isFinite, (-90.001...90.001).contains(elevation) else {
                throw refuse("measurement \(index) has no direction")
            }
            return MeasuredResponse(
                direction: Direction(azimuth: Double(azimuth), elevation: Double(elevation)).wrapped, left: try ear(0),
                right: try ear(1), sampleRate: Int(rate.rounded()), delays: (try delay(0), try delay(1)))
        }
    }

    private func refuse(_ reason: String) -> SceneError { .unusableResponses(path: path, reason: reason) }

    /// The library trusts what it reads, so it only sees files that begin as HDF5 files do.
    private static func checkSignature(_ path: String) throws {
        func refuse(_ reason: String) -> SceneError { .unusableResponses(path: path, reason: reason) }
        guard let file = FileHandle(forReadingAtPath: path) else { throw refuse("there is no such file, or it cannot be opened") }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd(), (try? file.seek(toOffset: 0)) != nil else { throw refuse("it cannot be read") }
        guard size >= 512 else { throw refuse("it has only \(size) bytes") }
        guard size <= largestSize else { throw refuse("it has \(size) bytes, more than 1 GiB") }
        guard let head = try? file.read(upToCount: signature.count), [UInt8](head) == signature else {
            throw refuse("it is no SOFA file (no HDF5 signature)")
        }
    }

    private static func explain(_ code: Int32) -> String {
        switch Int(code) {
        case MYSOFA_READ_ERROR: "it is cut short or damaged"
        case MYSOFA_INVALID_FORMAT: "it is damaged or no SOFA file"
        case MYSOFA_UNSUPPORTED_FORMAT: "it uses parts of HDF5 that libmysofa does not read"
        case MYSOFA_NO_MEMORY: "there is not enough memory for it"
        case MYSOFA_INVALID_ATTRIBUTES: "it does not follow the convention SimpleFreeFieldHRIR"
        case MYSOFA_INVALID_DIMENSIONS, MYSOFA_INVALID_DIMENSION_LIST:
            "its dimensions contradict each other"
        case MYSOFA_RECEIVERS_WITH_RCI_SUPPORTED, MYSOFA_INVALID_RECEIVER_POSITIONS:
            "its receivers are not two ears"
        case MYSOFA_ONLY_THE_SAME_SAMPLING_RATE_SUPPORTED: "it mixes sample rates"
        default: "libmysofa refuses it (code \(code))"
        }
    }
}
