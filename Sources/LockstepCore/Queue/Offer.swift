/// What the capture or a scan found out about one document, for one listener.
package struct Offer {
    package let listener: ListenerRef
    package let key: DocumentKey
    package var change: PendingChange

    package init(listener: ListenerRef, key: DocumentKey, change: PendingChange) {
        self.listener = listener
        self.key = key
        self.change = change
    }
}
