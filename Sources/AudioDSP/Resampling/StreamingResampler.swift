import CSoxr

/// `Resampler.resample` for a signal that arrives in pieces of any size: the same samples.
///
/// ```swift
/// let stream = try StreamingResampler(from: 44_100, to: 16_000, channels: 2)
/// while let block = try reader.read(frames: 65_536) { try write(stream.process(block.channels)) }
/// try write(stream.flush())
/// ```
/// Output comes in bursts: from 48 kHz to 16 kHz at the highest quality nothing for 80 ms of input, then as
/// much as that at once. Not to be shared between threads.
public final class StreamingResampler {
    public let inputRate: Int
    public let outputRate: Int
    public let channelCount: Int
    /// Frames taken since the start or the last `flush`.
    public private(set) var framesIn = 0
    /// Frames returned since the start or the last `flush`.
    public private(set) var framesOut = 0
    private let soxr: soxr_t?

    /// Equal rates pass samples through unchanged.
    ///
    /// - Parameters:
    ///   - inputRate: In Hz.
    ///   - outputRate: In Hz.
    public init(
        from inputRate: Int, to outputRate: Int, channels: Int = 1, quality: Resampler.Quality = .veryHigh
    ) throws {
        for rate in [inputRate, outputRate] where !(1...Resampler.highestRate).contains(rate) {
            throw SignalError.invalidSetting(operation: "Resampling", reason: "the sample rate must be positive, not \(rate)")
        }
        guard channels > 0 else {
            throw SignalError.invalidSetting(operation: "Resampling", reason: "there must be a channel")
        }
        self.inputRate = inputRate
        self.outputRate = outputRate
        channelCount = channels
        guard inputRate != outputRate else {
            soxr = nil
            return
        }
        var error: soxr_error_t?
        var io = soxr_io_spec(SOXR_FLOAT32_S, SOXR_FLOAT32_S)
        let recipe = switch quality {
        case .high: UInt(SOXR_HQ)
        case .veryHigh: UInt(SOXR_VHQ)
        }
        var specification = soxr_quality_spec(recipe, 0)
        var runtime = soxr_runtime_spec(1)
        soxr = soxr_create(
            Double(inputRate), Double(outputRate), UInt32(channels), &error, &io, &specification, &runtime)
        if let error { throw Self.failure(error) }
    }

    deinit { soxr_delete(soxr) }

    /// Takes frames, all channels of one length, and returns those that are finished; often none.
    public func process(_ channels: [[Float]]) throws -> [[Float]] {
        guard channels.count == channelCount else {
            throw SignalError.mismatch(
                operation: "Resampling", reason: "\(channels.count) channels instead of \(channelCount)")
        }
        let frames = channels[0].count
        guard channels.allSatisfy({ $0.count == frames }) else {
            throw SignalError.mismatch(operation: "Resampling", reason: "the channels differ in length")
        }
        framesIn += frames
        guard let soxr else {
            framesOut += frames
            return channels
        }
        guard frames > 0 else { return [[Float]](repeating: [], count: channelCount) }
        var collector = Collector(
            channels: channelCount, capacity: frames * outputRate / inputRate + Collector.slack)
        try Self.withPointers(channels[...]) { pointers in
            var consumed = 0
            while consumed < frames {
                var done = 0
                let inputs = pointers.map { UnsafeRawPointer($0 + consumed) as UnsafeRawPointer? }
                try collector.receive { outputs, capacity in
                    var produced = 0
                    let error = inputs.withUnsafeBufferPointer { inputs in
                        soxr_process(soxr, inputs.baseAddress, frames - consumed, &done, outputs, capacity, &produced)
                    }
                    if let error { throw Self.failure(error) }
                    return produced
                }
                consumed += done
            }
        }
        framesOut += collector.count
        return collector.result()
    }

    /// Takes frames of a single channel.
    public func process(_ samples: [Float]) throws -> [Float] {
        try process([samples])[0]
    }

    /// Ends the signal and returns its last frames; then starts anew.
    public func flush() throws -> [[Float]] {
        defer { (framesIn, framesOut) = (0, 0) }
        guard let soxr else { return [[Float]](repeating: [], count: channelCount) }
        let total = Resampler.frameCount(for: framesIn, from: inputRate, to: outputRate)
        var collector = Collector(channels: channelCount, capacity: max(0, total - framesOut) + Collector.slack)
        if framesIn > 0 {
            while try collector.receive({ outputs, capacity in
                var produced = 0
                if let error = soxr_process(soxr, nil, 0, nil, outputs, capacity, &produced) { throw Self.failure(error) }
                return produced
            }) > 0 {}
        }
        if let error = soxr_clear(soxr) { throw Self.failure(error) }
        return collector.result(frames: max(0, total - framesOut))
    }

    private static func failure(_ error: soxr_error_t) -> SignalError {
        .library(name: "libsoxr", message: String(cString: error))
    }

    private static func withPointers<R>(
        _ channels: ArraySlice<[Float]>, gathered: [UnsafePointer<Float>] = [],
        _ body: ([UnsafePointer<Float>]) throws -> R
    ) rethrows -> R {
        guard let first = channels.first else { return try body(gathered) }
        return try first.withUnsafeBufferPointer {
            try withPointers(channels.dropFirst(), gathered: gathered + [$0.baseAddress!], body)
        }
    }
}

/// Growing planar output that libsoxr writes into.
private struct Collector {
    static let slack = 64
    private let channelCount: Int
    private var values: [[Float]]
    private let block: Int
    private(set) var count = 0

    init(channels: Int, capacity: Int) {
        channelCount = channels
        block = max(Self.slack, min(capacity, 1 << 16))
        values = [[Float]](repeating: [], count: channels)
        for index in values.indices { values[index].reserveCapacity(min(capacity, 1 << 24)) }
    }

    /// Lets `body` fill at most `capacity` frames and keeps the number it returns.
    @discardableResult
    mutating func receive(
        _ body: (UnsafeMutableRawPointer, Int) throws -> Int
    ) throws -> Int {
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: block * channelCount)
        defer { scratch.deallocate() }
        let outputs = (0..<channelCount).map { UnsafeMutableRawPointer(scratch + $0 * block) as UnsafeMutableRawPointer? }
        let produced = try outputs.withUnsafeBufferPointer { try body(UnsafeMutableRawPointer(mutating: $0.baseAddress!), block) }
        for channel in 0..<channelCount {
            values[channel].append(contentsOf: UnsafeBufferPointer(start: scratch + channel * block, count: produced))
        }
        count += produced
        return produced
    }

    func result() -> [[Float]] { values }

    /// Exactly `frames` frames.
    func result(frames: Int) -> [[Float]] {
        values.map { channel in
            channel.count >= frames
                ? Array(channel.prefix(frames)) : channel + [Float](repeating: 0, count: frames - channel.count)
        }
    }
}
