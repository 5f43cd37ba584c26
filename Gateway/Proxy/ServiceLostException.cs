namespace RigKafka.Proxy;

/// <summary>A service has reset its connection.</summary>
internal sealed class ServiceLostException(bool wasIdle, IOException failure) : IOException("The service reset the connection.", failure)
{
    /// <summary>Whether it had answered on the connection before, and to this request with nothing yet.</summary>
    public bool WasIdle { get; } = wasIdle;
}
