import CFFTW
import Synchronization

/// Discrete Fourier transform of real signals of one length, by FFTW in double precision: for measurements, where
/// `RealTransform` is not exact enough.
///
/// Made once per length and then shared. Plans are estimated, so that the same input gives the same bits in every
/// process.
public final class PreciseTransform: @unchecked Sendable {
    // Plans are immutable once made, and FFTW's new-array execution is thread-safe.

    /// Samples in the time domain.
    public let length: Int
    /// Bins from 0 Hz to the Nyquist frequency, `length / 2 + 1`.
    public var binCount: Int { length / 2 + 1 }

    private let forwardPlan: fftw_plan
    private let inversePlan: fftw_plan

    private init(length: Int) throws {
        let time = AlignedDoubles(count: length), bins = AlignedDoubles(count: 2 * (length / 2 + 1))
        let plans = Self.planner.withLock { _ in
            (
                fftw_plan_dft_r2c_1d(Int32(length), time.base, bins.complex, UInt32(FFTW_ESTIMATE)),
                fftw_plan_dft_c2r_1d(Int32(length), bins.complex, time.base, UInt32(FFTW_ESTIMATE))
            )
        }
        guard let forward = plans.0, let inverse = plans.1 else {
            throw SignalError.library(name: "FFTW", message: "no plan for a transform of \(length) samples")
        }
        self.length = length
        forwardPlan = forward
        inversePlan = inverse
    }

    deinit {
        Self.planner.withLock { _ in
            fftw_destroy_plan(forwardPlan)
            fftw_destroy_plan(inversePlan)
        }
    }

    /// FFTW's planner is not thread-safe.
    private static let planner = Mutex(())
    private static let cache = Mutex<[Int: PreciseTransform]>([:])
    /// Recordings have many lengths; beyond so many the plans are forgotten.
    private static let mostPlans = 256

    /// The transform of `length` samples, planned at the first request.
    public static func ofLength(_ length: Int) throws -> PreciseTransform {
        guard (1...RealTransform.longest).contains(length) else {
            throw SignalError.invalidSetting(
                operation: "Fourier transform",
                reason: "its length must be from 1 to \(RealTransform.longest), not \(length)")
        }
        return try cache.withLock { cache in
            if let known = cache[length] { return known }
            let made = try PreciseTransform(length: length)
            if cache.count >= mostPlans { cache.removeAll() }
            cache[length] = made
            return made
        }
    }

    /// `bins[k] = Σ time[n] exp(-2πikn/length)`, pairs of real and imaginary part. Keeps `time`.
    @inline(__always)
    public func forward(_ time: AlignedDoubles, into bins: AlignedDoubles) {
        precondition(time.count >= length && bins.count >= 2 * binCount, "room for the transform")
        fftw_execute_dft_r2c(forwardPlan, time.base, bins.complex)
    }

    /// The unscaled inverse: `length` times the signal whose spectrum is `bins`. Destroys `bins`.
    @inline(__always)
    public func inverse(_ bins: AlignedDoubles, into time: AlignedDoubles) {
        precondition(time.count >= length && bins.count >= 2 * binCount, "room for the transform")
        fftw_execute_dft_c2r(inversePlan, bins.complex, time.base)
    }
}

/// Scratch memory with the alignment that FFTW's vector code wants, zero at first.
public final class AlignedDoubles: @unchecked Sendable {
    // Owned by one computation at a time.

    public let base: UnsafeMutablePointer<Double>
    public let count: Int

    public init(count: Int) {
        self.count = count
        base = fftw_alloc_real(max(count, 1))!
        base.initialize(repeating: 0, count: max(count, 1))
    }

    /// `values`, then zeros up to `count`.
    public convenience init(_ values: some Collection<Double>, count: Int) {
        precondition(values.count <= count, "values that fit")
        self.init(count: count)
        for (index, value) in values.enumerated() { base[index] = value }
    }

    deinit { fftw_free(base) }

    /// The same memory as pairs of real and imaginary part.
    @inline(__always)
    var complex: UnsafeMutablePointer<fftw_complex> {
        UnsafeMutableRawPointer(base).assumingMemoryBound(to: fftw_complex.self)
    }

    public func clear() { base.update(repeating: 0, count: count) }
}
