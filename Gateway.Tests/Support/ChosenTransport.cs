namespace RigKafka.Tests.Support;

/// <summary>
/// On which transport the nodes of the tests are, unless a test says which one it is about: the one of the variable
/// <c>DIRECT_TRANSPORT_ENABLED</c>, which processes that the tests start follow anyway, or the default.
/// </summary>
internal static class ChosenTransport
{
    public static string? Setting => Environment.GetEnvironmentVariable("DIRECT_TRANSPORT_ENABLED");
}
