import Foundation

extension FileManager {
    /// Whether there is a folder at `path`, or a link to one.
    package func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
