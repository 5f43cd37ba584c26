namespace RigKafka.Settings;

/// <summary>The value of this setting is never printed, neither in an error nor by the command <c>settings</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute
{
    /// <summary>
    /// Whether a line break at its end is left to the feature. Otherwise it is taken off: files have one, passwords have none.
    /// </summary>
    public bool KeepsLineBreak { get; set; }

    /// <summary>Whether a file that is empty means that there is none. Otherwise it is a mistake.</summary>
    public bool MayBeEmpty { get; set; }

    /// <summary>Whether the file that has it is read again and again, see <see cref="RenewedSecret"/>.</summary>
    public bool IsRenewed { get; set; }
}
