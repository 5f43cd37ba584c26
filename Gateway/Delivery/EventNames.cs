namespace RigKafka.Delivery;

/// <summary>The names of the events that clients are sent.</summary>
internal static class EventNames
{
    public const string Message = "message";
    public const string Gap = "gap";
}
