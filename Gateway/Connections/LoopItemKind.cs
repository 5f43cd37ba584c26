namespace RigKafka.Connections;

/// <summary>What a delivery loop can be asked to do.</summary>
internal enum LoopItemKind : byte
{
    Deliver,
    Join,
    Leave,
    Heartbeat,
    Broadcast,
    CloseAll,
    Start,
    Resume,
    Send,
    SendLast,
    Close,
    Renew,
    Deadlines,
}
