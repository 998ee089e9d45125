import Foundation

/// Complex spectra of the frames of one channel.
///
/// `values` is `[frames, bins, 2]`: frame after frame, in each the bins from 0 Hz up, in each real and
/// imaginary part.
public struct ComplexSpectrogram: Sendable, Equatable {
    public let frameCount: Int
    public let binCount: Int
    public var values: [Float]

    /// Silence.
    public init(frameCount: Int, binCount: Int) {
        self.frameCount = frameCount
        self.binCount = binCount
        values = [Float](repeating: 0, count: frameCount * binCount * 2)
    }

    /// - Parameter values: `[frames, bins, 2]`.
    public init(frameCount: Int, binCount: Int, values: [Float]) throws {
        guard values.count == frameCount * binCount * 2 else {
            throw SignalError.mismatch(
                operation: "Spectrogram",
                reason: "\(frameCount) frames of \(binCount) bins are \(frameCount * binCount * 2) numbers, "
                    + "not \(values.count)")
        }
        self.frameCount = frameCount
        self.binCount = binCount
        self.values = values
    }

    /// Whole frames one after another.
    init(frames values: [Float], binCount: Int) {
        precondition(values.count.isMultiple(of: 2 * binCount), "whole frames")
        frameCount = values.count / (2 * binCount)
        self.binCount = binCount
        self.values = values
    }

    init(frameCount: Int, binCount: Int, initializingWith body: (UnsafeMutablePointer<Float>) throws -> Void) rethrows {
        self.frameCount = frameCount
        self.binCount = binCount
        let count = frameCount * binCount * 2
        values = try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { try body(base) }
            initialized = count
        }
    }

    /// Real and imaginary part of one bin.
    public subscript(frame: Int, bin: Int) -> (real: Float, imaginary: Float) {
        get {
            let index = (frame * binCount + bin) * 2
            return (values[index], values[index + 1])
        }
        set {
            let index = (frame * binCount + bin) * 2
            values[index] = newValue.real
            values[index + 1] = newValue.imaginary
        }
    }

    /// Squared magnitudes, `[frames, bins]`.
    public func power() -> [Float] {
        perBin { real, imaginary in real * real + imaginary * imaginary }
    }

    /// Magnitudes, `[frames, bins]`.
    public func magnitude() -> [Float] {
        perBin { real, imaginary in (real * real + imaginary * imaginary).squareRoot() }
    }

    private func perBin(_ body: (Float, Float) -> Float) -> [Float] {
        let count = frameCount * binCount
        return [Float](unsafeUninitializedCapacity: count) { output, initialized in
            values.withUnsafeBufferPointer { values in
                for index in 0..<count { output[index] = body(values[2 * index], values[2 * index + 1]) }
            }
            initialized = count
        }
    }
}

extension ComplexSpectrogram {
    /// Two planes as networks take them, `[2, bins, frames]`: the real parts, then the imaginary parts.
    public func planes() -> [Float] {
        let plane = frameCount * binCount
        return [Float](unsafeUninitializedCapacity: 2 * plane) { output, initialized in
            values.withUnsafeBufferPointer { values in
                for bin in 0..<binCount {
                    for frame in 0..<frameCount {
                        let source = (frame * binCount + bin) * 2
                        output[bin * frameCount + frame] = values[source]
                        output[plane + bin * frameCount + frame] = values[source + 1]
                    }
                }
            }
            initialized = 2 * plane
        }
    }

    /// The inverse of `planes()`.
    ///
    /// - Parameter planes: `[2, bins, frames]`.
    public init(planes: [Float], binCount: Int, frameCount: Int) throws {
        let plane = frameCount * binCount
        guard planes.count == 2 * plane else {
            throw SignalError.mismatch(
                operation: "Spectrogram",
                reason: "two planes of \(binCount) bins and \(frameCount) frames are \(2 * plane) numbers, "
                    + "not \(planes.count)")
        }
        self.init(frameCount: frameCount, binCount: binCount) { output in
            planes.withUnsafeBufferPointer { planes in
                for bin in 0..<binCount {
                    for frame in 0..<frameCount {
                        let target = (frame * binCount + bin) * 2
                        output[target] = planes[bin * frameCount + frame]
                        output[target + 1] = planes[plane + bin * frameCount + frame]
                    }
                }
            }
        }
    }
}
