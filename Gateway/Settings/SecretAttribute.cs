namespace RigKafka.Settings;

/// <summary>The value of this setting is never printed, neither in an error nor by the command <c>settings</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;
