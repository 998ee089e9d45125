import Foundation

/// Where things are kept that can be made anew: `audiotool` in `XDG_CACHE_HOME` or `~/.cache`.
public enum CacheFolder {
    /// A folder there, which need not exist yet; nil where there is no such place.
    public static func path(_ name: String, _ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/audiotool/" + name }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.cache/audiotool/" + name
    }
}
