import CFFTW
import Synchronization

/// Discrete Fourier transform of real signals of one length, by FFTW in single precision.
///
/// A transform is made once per length and then shared: planning takes a global lock (FFTW's planner
/// is not thread-safe), running does not. Plans are estimated, not measured, so that the same input
/// gives the same bits in every process.
public final class RealTransform: @unchecked Sendable {
    // Plans are immutable once made, and FFTW's new-array execution is thread-safe.

    /// Samples in the time domain.
    public let length: Int
    /// Bins from 0 Hz to the Nyquist frequency, `length / 2 + 1`.
    public var binCount: Int { length / 2 + 1 }

    private let forwardPlan: fftwf_plan
    private let inversePlan: fftwf_plan

    private init(length: Int) throws {
        let time = AlignedFloats(count: length), bins = AlignedFloats(count: 2 * (length / 2 + 1))
        let complex = bins.complex
        guard
            let forward = fftwf_plan_dft_r2c_1d(Int32(length), time.base, complex, UInt32(FFTW_ESTIMATE)),
            let inverse = fftwf_plan_dft_c2r_1d(Int32(length), complex, time.base, UInt32(FFTW_ESTIMATE))
        else {
            throw SignalError.library(name: "FFTW", message: "no plan for a transform of \(length) samples")
        }
        self.length = length
        forwardPlan = forward
        inversePlan = inverse
    }

    deinit {
        Self.cache.withLock { _ in
            fftwf_destroy_plan(forwardPlan)
            fftwf_destroy_plan(inversePlan)
        }
    }

    /// The longest transform that is planned.
    public static let longest = 1 << 26

    private static let cache = Mutex<[Int: RealTransform]>([:])

    /// The transform of `length` samples, planned at the first request.
    public static func ofLength(_ length: Int) throws -> RealTransform {
        guard (1...longest).contains(length) else {
            throw SignalError.invalidSetting(
                operation: "Fourier transform", reason: "its length must be from 1 to \(longest), not \(length)")
        }
        return try cache.withLock { cache in
            if let known = cache[length] { return known }
            let made = try RealTransform(length: length)
            cache[length] = made
            return made
        }
    }

    /// `bins[k] = Σ time[n] exp(-2πikn/length)`. Keeps `time`. Both come from `AlignedFloats`.
    @inline(__always)
    func forward(_ time: AlignedFloats, into bins: AlignedFloats) {
        fftwf_execute_dft_r2c(forwardPlan, time.base, bins.complex)
    }

    /// The unscaled inverse: `length` times the signal whose spectrum is `bins`. Destroys `bins`.
    @inline(__always)
    func inverse(_ bins: AlignedFloats, into time: AlignedFloats) {
        fftwf_execute_dft_c2r(inversePlan, bins.complex, time.base)
    }
}

/// Scratch memory with the alignment that FFTW's vector code wants, zero at first.
final class AlignedFloats: @unchecked Sendable {
    // Owned by one computation at a time.

    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        base = fftwf_alloc_real(max(count, 1))!
        base.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { fftwf_free(base) }

    /// The same memory as pairs of real and imaginary part.
    @inline(__always)
    var complex: UnsafeMutablePointer<fftwf_complex> {
        UnsafeMutableRawPointer(base).assumingMemoryBound(to: fftwf_complex.self)
    }

    func clear() { base.update(repeating: 0, count: count) }
}
