import COpenBLAS
import Foundation
import Synchronization

/// How many threads numerical work may use, for the whole process.
///
/// The default is the number of cores, or the environment variable `AUDIOTOOL_THREADS` when it is a whole number
/// above zero. Results do not depend on it.
public enum ComputeThreads {
    private static let current = Atomic(initial)

    private static var initial: Int {
        prepareLibraries()
        let wanted = ProcessInfo.processInfo.environment["AUDIOTOOL_THREADS"].flatMap { Int($0) }
        return if let wanted, wanted > 0 { wanted } else { ProcessInfo.processInfo.activeProcessorCount }
    }

    private static let librariesAreSerial: Void = openblas_set_num_threads(1)

    /// Keeps the libraries' own pools idle: all parallelism is `parallelFor`'s. To be called before using one.
    public static func prepareLibraries() { _ = librariesAreSerial }

    /// Values below one count as one.
    public static var count: Int {
        get { current.load(ordering: .relaxed) }
        set { current.store(max(1, newValue), ordering: .relaxed) }
    }
}
