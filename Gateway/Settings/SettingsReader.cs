using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace RigKafka.Settings;

/// <summary>
/// Reads the options classes from flat names (environment variables) and collects every mistake, so that all are reported at once. A
/// property with <see cref="ConfigurationKeyNameAttribute"/> is a setting; its <see cref="RangeAttribute"/>, <see
/// cref="AllowedValuesAttribute"/>, <see cref="DescriptionAttribute"/> and initial value say the rest. A dictionary takes every name that
/// starts with its key.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    /// <summary>The specification of OpenTelemetry takes an empty variable of its own for one that is not set.</summary>
    private const string OpenTelemetry = "OTEL_";

    private readonly List<string> _mistakes = [];
    private readonly SortedSet<string> _passedOver = new(StringComparer.Ordinal);
    private readonly List<string> _lineBreaks = [];
    private readonly List<Setting> _settings = [];
    private readonly Dictionary<Type, object> _read = [];

    /// <summary>Every setting read so far, in the order of the features.</summary>
    public IReadOnlyList<Setting> Settings => _settings;

    /// <summary>One line per mistake: the name, the value unless secret, and what is allowed.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

    /// <summary>The variables of Kubernetes that have the name of a setting and were passed over.</summary>
    public IReadOnlyCollection<string> PassedOver => _passedOver;

    /// <summary>The secrets that were given with a line break at their end.</summary>
    public IReadOnlyList<string> LineBreaks => _lineBreaks;

    /// <summary>Whether a secret is in a file.</summary>
    public bool ReadsFiles { get; private set; }

    /// <summary>
    /// Reads one options class. A setting with a mistake keeps its default, so that the rest can be checked too. Reading a class again
    /// gives the same object.
    /// </summary>
    public TOptions Read<TOptions>()
        where TOptions : new()
    {
        if (_read.TryGetValue(typeof(TOptions), out var earlier))
        {
            return (TOptions)earlier;
        }

        var options = new TOptions();
        _read.Add(typeof(TOptions), options!);
        foreach (var property in typeof(TOptions).GetProperties())
        {
            if (property.GetCustomAttribute<ConfigurationKeyNameAttribute>() is { } key)
            {
                Read(options, property, key.Name);
            }
        }

        var context = new ValidationContext(options!);
        if (options is IValidatableObject validatable)
        {
            foreach (var mistake in validatable.Validate(context))
            {
                Refuse(mistake.ErrorMessage!);
            }
        }

        return options;
    }

    /// <summary>Notes a mistake that only a feature can see.</summary>
    public void Refuse(string mistake) => _mistakes.Add(ShownText.WithoutCredentials(mistake));

    private void Read(object options, PropertyInfo property, string name)
    {
        var secret = property.GetCustomAttribute<SecretAttribute>();
        var isDictionary = property.PropertyType == typeof(IReadOnlyDictionary<string, string>);
        // The library of OpenTelemetry reads its variables by itself.
        var mayBeInAFile = secret is not null && !isDictionary && !name.StartsWith(OpenTelemetry, StringComparison.Ordinal);
        var initial = Write(property.GetValue(options));
        if (isDictionary)
        {
            var found = configuration.AsEnumerable()
                .Where(pair => pair.Key.StartsWith(name, StringComparison.Ordinal) && Value(pair.Key) is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Value!);
            property.SetValue(options, found);
            Note(string.Join(',', found.Keys.Order().Select(key => $"{key}={ShownText.Hidden}")));
            return;
        }

        if ((mayBeInAFile ? FromFile(name, secret!) ?? Value(name) : Value(name)) is { } text
            && (text.Length > 0 || !name.StartsWith(OpenTelemetry, StringComparison.Ordinal)))
        {
            var given = secret is not null && property.PropertyType == typeof(string) ? SecretOf(name, text, secret) : text.Trim();
            if (TryParse(property, given, out var value))
            {
                property.SetValue(options, value);
            }
            else
            {
                _mistakes.Add($"{name}={(secret is null ? ShownText.Of(text) : ShownText.Hidden)}: expected {Allowed(property)}.");
            }
        }

        var present = Write(property.GetValue(options));
        Note(secret is not null && present.Length > 0 ? ShownText.Hidden : ShownText.Of(present));

        void Note(string value) => _settings.Add(new Setting(
            property.PropertyType == typeof(IReadOnlyDictionary<string, string>) ? Setting.NameOfAll(name) : name,
            property.DeclaringType!.Namespace!.Split('.')[^1],
            Allowed(property),
            initial,
            value,
            (property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "") + (mayBeInAFile ? $" {Setting.NameOfFile(name)} may name a file that has it instead{(secret!.IsRenewed ? ", which is read again every 10 seconds" : "")}." : ""),
            mayBeInAFile));
    }

    /// <summary>What an operator gave a variable; null where there is nothing, or nothing but what Kubernetes says of a Service.</summary>
    private string? Value(string name)
    {
        var value = configuration[name];
        if (value is null || !ServiceLinks.Include(name, value))
        {
            return value;
        }

        _passedOver.Add(name);
        return null;
    }

    /// <summary>A secret that stands in a file, as orchestrators hand them over; null where no file is named, or there is a mistake.</summary>
    private string? FromFile(string name, SecretAttribute secret)
    {
        var variable = Setting.NameOfFile(name);
        if (Value(variable)?.Trim() is not { Length: > 0 } path)
        {
            return null;
        }

        ReadsFiles = true;
        if (Value(name) is { Length: > 0 })
        {
            _mistakes.Add($"{variable}={ShownText.Hidden}: {name} is set too, expected one of them.");
            return null;
        }

        try
        {
            // A file ends in a line break, a secret does not.
            var text = File.ReadAllText(path).TrimEnd('\r', '\n');
            if (secret.MayBeEmpty || text.Any(character => character != ',' && !char.IsWhiteSpace(character)))
            {
                return text;
            }

            _mistakes.Add($"{variable}={path}: the file is empty, expected the secret in it.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // It may be the secret itself, put into the wrong variable.
            _mistakes.Add($"{variable}={ShownText.Hidden}: expected the name of a file that this process may read.");
        }

        return null;
    }

    /// <summary>
    /// Space around a secret is part of it: the issuer signs with the secret as it is written. A line break is more likely the end of a
    /// file.
    /// </summary>
    private string SecretOf(string name, string text, SecretAttribute secret)
    {
        var line = text.TrimEnd('\r', '\n');
        if (line.Length is 0 || line.Length == text.Length || line.Contains('\n'))
        {
            return text;
        }

        _lineBreaks.Add(name);
        return secret.KeepsLineBreak ? text : line;
    }

    private static bool TryParse(PropertyInfo property, string text, out object? value)
    {
        value = null;
        var type = property.PropertyType;
        if (type == typeof(string))
        {
            // A word from a list is known in any case, and used as it stands in the list.
            value = property.GetCustomAttribute<AllowedValuesAttribute>()?.Values.OfType<string>()
                .FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? text;
        }
        else if (type == typeof(bool))
        {
            value = text.ToLowerInvariant() switch { "true" or "1" or "yes" => true, "false" or "0" or "no" => false, _ => null };
        }
        else if (type == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            value = number;
        }
        else if (type == typeof(IReadOnlyList<string>))
        {
            value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }

        return value is not null
            && (property.GetCustomAttribute<RangeAttribute>()?.IsValid(value) ?? true)
            && (property.GetCustomAttribute<AllowedValuesAttribute>()?.IsValid(value) ?? true);
    }

    private static string Allowed(PropertyInfo property)
    {
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } values)
        {
            return "one of " + string.Join(", ", values.Values.Where(value => value is not ""));
        }

        var range = property.GetCustomAttribute<RangeAttribute>();
        return property.PropertyType switch
        {
            var type when type == typeof(bool) => "true, 1, yes, false, 0 or no",
            var type when type == typeof(int) => range is null ? "an integer" : $"an integer from {range.Minimum} to {range.Maximum}",
            var type when type == typeof(IReadOnlyList<string>) => "a list, separated by commas",
            _ => "text",
        };
    }

    private static string Write(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        IReadOnlyList<string> list => string.Join(',', list),
        IReadOnlyDictionary<string, string> => "",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
