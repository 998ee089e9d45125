import AudioDSP
import Foundation

/// Measures pairs of files.
public struct PairEvaluator: Sendable {
    /// What is done with recordings whose lengths differ or that are late.
    public enum Fitting: Sendable {
        /// Other lengths are an error.
        case refuse
        /// Both are cut to the shorter length.
        case trim
        /// The delay is undone first, then both are cut to what they share.
        case align
    }

    public struct Options: Sendable {
        /// What is measured; the delay always is.
        public var metrics: [Metric]
        public var fitting = Fitting.refuse
        /// Whether recordings at another rate are brought to the reference's.
        public var resamples = false
        /// Measures segments of so many seconds and takes the mean, for measures that are made for short recordings.
        public var segmentSeconds: Double?

        public init(metrics: [Metric] = Metric.allCases) { self.metrics = metrics }
    }

    /// The numbers of one recording of a pair.
    public struct Measurement: Sendable, Equatable {
        public var values: [Metric: MetricValue]
        /// What was done to it: "cut by 1360 samples (85 ms)".
        public var notes: [String]
    }

    /// The numbers of a pair.
    public struct Report: Sendable, Equatable {
        /// In Hz, of the reference if there is one.
        public var sampleRate: Int
        /// Of the estimate.
        public var seconds: Double
        public var estimate: Measurement
        public var input: Measurement?
        /// Estimate minus input, where both are numbers and a direction is better.
        public var improvements: [Metric: Double] {
            guard let input else { return [:] }
            return estimate.values.compactMapKeyed { metric, value in
                guard metric.isHigherBetter != nil, let after = value.value, let before = input.values[metric]?.value,
                    after.isFinite, before.isFinite
                else { return nil }
                return after - before
            }
        }
    }

    public let options: Options

    public init(options: Options) { self.options = options }

    /// Reads and measures one pair. Channels are averaged first.
    ///
    /// - Throws: ``EvaluationError`` and ``MetricError`` for recordings that cannot be compared, ``AudioFileError`` for
    ///   files that cannot be read.
    public func evaluate(_ pair: EvaluationPair) throws -> Report {
        let reference = try pair.reference.map { Source(path: $0, sound: try AudioFile.read($0)) }
        let estimate = Source(path: pair.estimate, sound: try AudioFile.read(pair.estimate))
        let input = try pair.input.map { Source(path: $0, sound: try AudioFile.read($0)) }
        return Report(
            sampleRate: (reference ?? estimate).sound.sampleRate, seconds: estimate.sound.duration,
            estimate: try measure(estimate, against: reference),
            input: try input.map { try measure($0, against: reference) })
    }

    private struct Source {
        let path: String
        let sound: AudioBuffer
    }

    private func measure(_ other: Source, against reference: Source?) throws -> Measurement {
        let metrics = options.metrics.contains(.delay) || reference == nil ? options.metrics : options.metrics + [.delay]
        var notes = other.sound.channels.count > 1 ? ["mean of \(other.sound.channels.count) channels"] : []
        guard let reference else {
            let values = try naming(other, nil) {
                try segmentMeans(of: metrics, other.sound.mono, nil, rate: other.sound.sampleRate, notes: &notes)
            }
            return Measurement(values: values, notes: notes)
        }
        let rate = reference.sound.sampleRate
        let samples = try resampled(other, to: reference, notes: &notes)
        let clean = reference.sound.mono
        let found = try naming(other, reference) { try delay(of: samples, reference: clean, rate: rate) }
        let late = options.fitting == .align ? found?.samples ?? 0 : 0
        let fitted = try fit(samples, of: other, late: late, to: clean, of: reference, notes: &notes)
        var values = try naming(other, reference) {
            try segmentMeans(of: metrics, fitted.estimate, fitted.reference, rate: rate, notes: &notes)
        }
        // The delay that was found, not what an alignment left of it.
        if let found { values[.delay] = .defined(1000 * Double(found.samples) / Double(rate)) }
        return Measurement(values: values, notes: notes)
    }

    private func resampled(_ other: Source, to reference: Source, notes: inout [String]) throws -> [Float] {
        let (rate, own) = (reference.sound.sampleRate, other.sound.sampleRate)
        guard own != rate else { return other.sound.mono }
        guard options.resamples else {
            throw EvaluationError.rateMismatch(reference: reference.path, rate: rate, other: other.path, otherRate: own)
        }
        notes.append("resampled from \(own) to \(rate) Hz")
        return try Resampler.resample(other.sound.mono, from: own, to: rate)
    }

    /// - Parameter late: by how many samples `samples` are moved forward.
    private func fit(
        _ samples: [Float], of other: Source, late: Int, to clean: [Float], of reference: Source, notes: inout [String]
    ) throws -> (reference: [Float], estimate: [Float]) {
        let rate = reference.sound.sampleRate
        func text(_ count: Int) -> String {
            "\(count) samples (\(String(format: "%.4g", 1000 * Double(count) / Double(rate))) ms)"
        }
        if late != 0 { notes.append("moved by \(text(-late))") }
        // What is left of either after its own part of the delay.
        let cleanLeft = clean.count - max(0, -late), samplesLeft = samples.count - max(0, late)
        guard cleanLeft != samplesLeft || late != 0 else { return (clean, samples) }
        guard options.fitting != .refuse else {
            throw EvaluationError.lengthMismatch(
                reference: reference.path, samples: clean.count, other: other.path, otherSamples: samples.count)
        }
        let count = min(cleanLeft, samplesLeft)
        guard count > 0 || late == 0 else {
            throw EvaluationError.noOverlap(reference: reference.path, other: other.path)
        }
        if samplesLeft > count { notes.append("cut by \(text(samplesLeft - count))") }
        if cleanLeft > count { notes.append("the reference cut by \(text(cleanLeft - count))") }
        return Delay.aligned(reference: clean, estimate: samples, late: late)
    }

    /// The values of the whole, or the means of those that its segments have.
    private func segmentMeans(
        of metrics: [Metric], _ estimate: [Float], _ reference: [Float]?, rate: Int, notes: inout [String]
    ) throws -> [Metric: MetricValue] {
        let length = options.segmentSeconds.map { max(1, Int($0 * Double(rate))) } ?? .max
        guard estimate.count > length else {
            return try MetricSuite.measure(metrics, estimate: estimate, reference: reference, sampleRate: rate)
        }
        // A short rest belongs to the segment before it.
        let count = max(1, (estimate.count + length / 2) / length)
        let parts = try (0..<count).map { index in
            let range = index * length..<(index == count - 1 ? estimate.count : (index + 1) * length)
            return try MetricSuite.measure(
                metrics, estimate: Array(estimate[range]), reference: reference.map { Array($0[range]) }, sampleRate: rate)
        }
        let missing = metrics.compactMap { metric in
            let number = parts.count { $0[metric]?.value?.isFinite != true }
            return number > 0 ? "\(metric.key) of \(number)" : nil
        }
        notes.append(
            "mean of \(count) segments of \(options.segmentSeconds ?? 0) s"
                + (missing.isEmpty ? "" : "; without a number: \(missing.joined(separator: ", "))"))
        return Dictionary(uniqueKeysWithValues: Set(metrics).map { metric in
            let all = parts.compactMap { $0[metric] }, finite = all.compactMap(\.value).filter(\.isFinite)
            guard finite.isEmpty else { return (metric, .defined(finite.reduce(0, +) / Double(finite.count))) }
            return (metric, all.first { $0.value != nil } ?? all[0])
        })
    }

    private func delay(of samples: [Float], reference: [Float], rate: Int) throws -> Delay? {
        guard !samples.isEmpty, !reference.isEmpty else { return nil }
        return try Delay.measure(reference: reference, estimate: samples, longest: Int(Delay.longestSeconds * Double(rate)))
    }

    /// Says which file an error is about.
    private func naming<Value>(_ other: Source, _ reference: Source?, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as MetricError {
            var culprit = other
            if case .notFinite(signal: "reference", _) = error, let reference { culprit = reference }
            throw EvaluationFailure(path: culprit.path, reason: error.localizedDescription)
        }
    }
}

/// A recording that cannot be measured.
public struct EvaluationFailure: LocalizedError, Equatable {
    public let path: String
    public let reason: String

    public var errorDescription: String? { "\(path): \(reason)" }
}

extension Dictionary {
    /// The dictionary of the values that `transform` returns for the keys.
    fileprivate func compactMapKeyed<Result>(_ transform: (Key, Value) -> Result?) -> [Key: Result] {
        reduce(into: [:]) { result, entry in
            if let value = transform(entry.key, entry.value) { result[entry.key] = value }
        }
    }
}
