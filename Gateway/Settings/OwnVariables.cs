using System.Reflection;

namespace RigKafka.Settings;

/// <summary>The environment variables that are settings of the gateway or of its libraries, and so may hold secrets.</summary>
internal static class OwnVariables
{
    private const string OpenTelemetry = "OTEL_";

    /// <summary>The framework takes variables that begin so for those without it.</summary>
    private static readonly string[] HostPrefixes = ["DOTNET_", "ASPNETCORE_"];

    private static readonly string[] Names =
    [
        OpenTelemetry,
        .. from type in typeof(OwnVariables).Assembly.GetTypes()
           from property in type.GetProperties()
           let key = property.GetCustomAttribute<ConfigurationKeyNameAttribute>()
           where key is not null
           select key.Name,
    ];

    /// <summary>Whether a variable is one of them; case does not count, as it does not where values are looked up.</summary>
    public static bool Include(string name) =>
        !ServiceLinks.HasTheirName(name)
        && (Array.Exists(Names, own => Is(name, own))
            || HostPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && Include(name[prefix.Length..])));

    /// <summary>A key that ends in an underscore stands for all names that begin with it.</summary>
    private static bool Is(string name, string own) =>
        own.EndsWith('_') ? name.StartsWith(own, StringComparison.OrdinalIgnoreCase) : name.Equals(own, StringComparison.OrdinalIgnoreCase);
}
